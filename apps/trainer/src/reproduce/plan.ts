import type { MethodName } from "../classification/schema.js";

/** One run of a table: what it is called, and its settings as a configuration would have them. */
export interface PlannedRun {
  /** A path below the folder of the table, such as `flexmatch/seed0`. */
  id: string;
  /** The column of the table that it counts for; one for tables of a single set. */
  cell: string;
  method: MethodName;
  seed: number;
  settings: Record<string, unknown>;
}

/** What the command line asks of a table. */
export interface PlanOptions {
  /** Folder or file of the data. */
  data: string;
  methods?: readonly MethodName[];
  seeds: number;
  firstSeed: number;
  labels?: number;
  steps?: number;
  /** Cells of a table with several sets. */
  cells?: readonly string[];
}

/** A table that can be made: its runs, what it needs, and what it shows. */
export interface Table {
  description: string;
  /** Under the folder of real data. */
  dataPath: string;
  /** How the data are got where they are not there. */
  dataHint: string;
  methods: readonly MethodName[];
  defaultSeeds: number;
  /** Whether a run takes minutes on one processor, so that several at once are faster than one after the other. */
  isSmall: boolean;
  /** Names of its cells where it has several. */
  cells?: readonly string[];
  runs(options: PlanOptions): PlannedRun[];
}

/** The runs of a table with one cell: every method with every seed. */
export function runsOf(
  cell: string,
  prefix: string,
  { methods, seeds, firstSeed }: Required<Pick<PlanOptions, "methods" | "seeds" | "firstSeed">>,
  settingsOf: (method: MethodName) => Record<string, unknown>,
): PlannedRun[] {
  return methods.flatMap((method) =>
    Array.from({ length: seeds }, (_, i) => ({
      id: `${prefix}${method}/seed${firstSeed + i}`,
      cell,
      method,
      seed: firstSeed + i,
      settings: { task: "classification", method, seed: firstSeed + i, ...settingsOf(method) },
    })),
  );
}
