import type { AnyConfig } from "../config.js";
import type { Part, PlannedRun } from "./plan.js";

/** Where runs are and what they are done with; the same for all runs of a call. */
export interface TaskContext {
  /** The folder of the table. */
  out: string;
  /** What rows are judged on. */
  part: Part;
  preparedFolder: string;
  signal: AbortSignal;
}

/** A run that is to be done, its settings checked. */
export interface OpenRun {
  run: PlannedRun;
  config: AnyConfig;
  folder: string;
  resume: boolean;
  environment: Record<string, unknown>;
  onProgress: (work: string, unit: string, done: number, total: number, note?: string) => void;
}

/** What the runs that are finished say. */
interface TableResult {
  rows: readonly object[];
  comparisons: readonly object[];
  /** The same for a terminal. */
  text: string;
}

/** What `gleaner reproduce` asks of a task: how a run is trained and judged, and how a table is made of such runs. */
export interface Task {
  /** Trains to the end, or until the signal is aborted. */
  train(open: OpenRun, context: TaskContext): Promise<{ stopped: boolean }>;
  judge(open: OpenRun, context: TaskContext): Promise<void>;
  /** Whether a run was trained to its end and judged. */
  isFinished(folder: string, part: Part): boolean;
  result(runs: readonly PlannedRun[], context: TaskContext): Promise<TableResult>;
}

/** The tasks, each loaded when it is needed. */
export const tasks: Readonly<Record<AnyConfig["task"], () => Promise<Task>>> = {
  classification: async () => (await import("./classification-task.js")).classificationTask,
  detection: async () => (await import("./detection-task.js")).detectionTask,
};
