import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A line of a log as `gleaner train` writes it for classification. */
export const rateEvent = (step: number, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  kind: "step",
  step,
  loss: 1 / step,
  supervised: 1 / step,
  unsupervised: 0,
  unsupervisedWeight: 1,
  maskRate: 0.5,
  confidentRate: 0.25,
  pseudoLabelAccuracy: 0.75,
  learningRate: 0.03,
  seconds: 0.5,
  waited: 0,
  ...changes,
});

/** An evaluation along the way; two classes of 20 and 30 images. */
export const look = (step: number, error: number, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  kind: "evaluation",
  step,
  on: "test",
  images: 50,
  error,
  macroF1: 1 - error,
  recall: [1, 1 - (50 * error) / 30],
  ...changes,
});

export const curriculum = (step: number, learningEffects: readonly number[], thresholds: readonly number[]): Record<string, unknown> => ({
  kind: "curriculum",
  step,
  learningEffects,
  beta: thresholds,
  thresholds,
});

/** 20 cats of which 18 are told right, 30 dogs of which 24 are. */
export const someConfusion: readonly (readonly number[])[] = [
  [18, 2],
  [6, 24],
];

export interface FakeClassifierRun {
  config?: Record<string, unknown>;
  environment?: Record<string, unknown>;
  split?: Record<string, unknown>;
  events?: Record<string, unknown>[];
  classNames?: readonly string[];
  /** Left out: the run is not evaluated. */
  confusion?: readonly (readonly number[])[];
  selected?: readonly (readonly number[])[];
  areaUnderRoc?: number;
}

/** Writes a run folder as `gleaner train` and `gleaner evaluate` leave it for classification, without the checkpoint. */
export function writeClassifierRun(folder: string, run: FakeClassifierRun = {}): string {
  const { config = {}, environment, split = {}, events, classNames = ["cat", "dog"], confusion, selected, areaUnderRoc } = run;
  mkdirSync(folder, { recursive: true });
  const write = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));
  const data = { path: "/home/somebody/pets", labeled: 4, test: 50 };
  const evaluation = { protocol: "paper" };
  write("config.json", { task: "classification", method: "supervised", data, training: { steps: 4 }, evaluation, ...config });
  write("environment.json", environment ?? { engine: "wasm", version: "4.22.0", threads: 2, device: "CPU", node: "v20.19.0" });
  const test = Array.from({ length: 50 }, (_, i) => 150 + i);
  const unlabeled = Array.from({ length: 150 }, (_, i) => i);
  const drawn = {
    version: 1,
    images: 200,
    classes: classNames.length,
    checksum: "e608e7e5",
    labeled: [1, 2, 3, 4],
    validation: [],
    unlabeled,
    test,
  };
  write("split.json", { ...drawn, ...split });
  const lines = events ?? [1, 2, 3, 4].flatMap((step) => [rateEvent(step), look(step, 0.5 - step / 20)]);
  writeFileSync(join(folder, "events.jsonl"), lines.map((event) => `${JSON.stringify(event)}\n`).join(""));
  if (confusion) {
    mkdirSync(join(folder, "evaluation"), { recursive: true });
    const last = { step: 4, confusion, ...(areaUnderRoc !== undefined && { areaUnderRoc }) };
    write("evaluation/classification.json", {
      run: folder,
      task: "classification",
      classNames,
      last,
      selected: selected ? { ...last, step: 2, confusion: selected } : null,
    });
  }
  return folder;
}
