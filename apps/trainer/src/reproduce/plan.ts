import type { Difficulty } from "../phantom/types.js";

/** One run of a table: what it is called, and its settings as a configuration would have them. */
export interface PlannedRun {
  /** A path below the folder of the table, such as `flexmatch/seed0`; rows that mean the same run share it. */
  id: string;
  /** The column of the table that it counts for; one for tables of a single set. */
  cell: string;
  /** The row; a method of the task, or a name for it with other settings. */
  method: string;
  seed: number;
  settings: Record<string, unknown>;
  /** What the paper has in this place, 0..1; null where it says that training diverged. */
  paper?: { cpm: number | null };
}

/** What the command line asks of a table. */
export interface PlanOptions {
  /** Folder or file of the data. */
  data: string;
  methods: readonly string[];
  seeds: number;
  firstSeed: number;
  /** Labeled images. */
  labels?: number;
  /** Labeled and unlabeled scans. */
  labeled?: number;
  unlabeled?: number;
  steps?: number;
  /** Edge of the training patches in voxels. */
  patch?: number;
  /** How hard the phantoms are. */
  difficulty?: Difficulty;
  /** Cells of a table with several sets. */
  cells?: readonly string[];
}

/** The held-out data that rows are judged on: those to choose settings by, or those that are looked at last. */
export type Part = "validation" | "test";

/** Options that some tables have and others have not. */
export type TableOption = "labels" | "labeled" | "unlabeled" | "cells" | "part" | "patch" | "difficulty" | "fetch";

/** A table that can be made: its runs, what it needs, and what it shows. */
export interface Table {
  task: "classification" | "detection";
  description: string;
  /** Under the folder of real data. */
  dataPath: string;
  /** How the data are got where they are not there. */
  dataHint: string;
  /** Every method that it can have, and those that it has unless told. */
  methods: readonly string[];
  defaultMethods: readonly string[];
  defaultSeeds: number;
  /** Whether a run takes minutes on one processor, so that several at once are faster than one after the other. */
  isSmall: boolean;
  /** What is known of the time and the memory that it takes, where that is much. */
  cost?: string;
  /** Which of the options it takes. */
  takes: readonly TableOption[];
  /** Names of its cells where it has several. */
  cells?: readonly string[];
  runs(options: PlanOptions): Promise<PlannedRun[]>;
  /** Makes the data of these runs where they are not there yet; for tables whose data are made. */
  makeData?(options: PlanOptions, context: { signal: AbortSignal; onProgress: (done: number, total: number) => void }): Promise<void>;
}

/** Every method with every seed. */
export function runsOf(
  { methods, seeds, firstSeed }: Pick<PlanOptions, "methods" | "seeds" | "firstSeed">,
  runOf: (method: string, seed: number) => Omit<PlannedRun, "method" | "seed">,
): PlannedRun[] {
  return methods.flatMap((method) =>
    Array.from({ length: seeds }, (_, i) => ({ method, seed: firstSeed + i, ...runOf(method, firstSeed + i) })),
  );
}

/** Runs that several cells of a table have in common are trained once. */
export const distinct = (runs: readonly PlannedRun[]): PlannedRun[] => [...new Map(runs.map((run) => [run.id, run])).values()];
