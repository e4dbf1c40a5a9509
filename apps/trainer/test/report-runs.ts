import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Candidate, Finding } from "@gleaner/froc";
import type { Slice } from "../src/run/evaluation-slices.js";
import { judgeMarks } from "../src/run/judge-marks.js";
import type { MixturePictures } from "../src/run/mixture-pictures.js";
import type { TargetPictures } from "../src/run/target-pictures.js";
import type { StepEvent } from "../src/run/train.js";

/** One step of a log. */
export const stepEvent = (step: number, changes: Partial<StepEvent> = {}): StepEvent => ({
  kind: "step",
  step,
  loss: 1 / step,
  classification: 1 / step,
  box: 0,
  unlabeled: 0,
  unlabeledWeight: 0,
  pseudoPositives: 0,
  meanTarget: 0,
  learningRate: 0.001,
  gradientNorm: 1,
  seconds: 0.5,
  waited: 0,
  ...changes,
});

const scans = ["1.2.840.99999.1.1", "1.2.840.99999.1.2"];
const findings: Finding[] = [
  { scan: scans[0]!, x: 0, y: 0, z: 0, diameterMm: 5 },
  { scan: scans[0]!, x: 50, y: 0, z: 0, diameterMm: 12 },
  { scan: scans[1]!, x: 0, y: 0, z: 0, diameterMm: 8 },
];
const mark = (scan: number, x: number, probability: number): Candidate => ({ scan: scans[scan]!, x, y: 0, z: 0, probability });
/** A hit above a false positive, then a hit between false positives: a CPM that is neither 0 nor 1. */
export const someMarks: Candidate[] = [
  mark(0, 50.5, 0.9),
  mark(1, 90, 0.8),
  mark(0, 90, 0.7),
  mark(1, 1, 0.6),
  mark(0, -90, 0.5),
  mark(1, -90, 0.4),
];

export const judge = (candidates: readonly Candidate[], judged: readonly Finding[] = findings) =>
  judgeMarks({ scans, findings: judged, candidates });

export const sliceOf = (changes: Partial<Slice> = {}): Slice => ({
  kind: "hit",
  scan: scans[0]!,
  world: [50, 0, -3.25],
  diameterMm: 12,
  probability: 0.9,
  size: 4,
  spacingMm: 15,
  pixels: Buffer.from(Uint8Array.from({ length: 16 }, (_, i) => 16 * i)).toString("base64"),
  truth: [0, 0, 2, 2],
  mark: [0.5, 0.5, 2.5, 2.5],
  ...changes,
});

export interface FakeRun {
  config?: Record<string, unknown>;
  environment?: Record<string, unknown>;
  steps?: StepEvent[];
  test?: string[];
  /** Left out: the run is not evaluated. */
  marks?: Candidate[];
  nodules?: Finding[];
  slices?: Slice[];
  targets?: TargetPictures;
  mixtures?: MixturePictures;
  /** Further lines of the log. */
  warnings?: Record<string, unknown>[];
}

/** Writes a run folder as `gleaner train` and `gleaner evaluate` leave it, without the checkpoint. */
export function writeRun(
  folder: string,
  { config = {}, environment, steps, test = scans, marks, nodules, slices, ...others }: FakeRun = {},
): string {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));
  const data = { root: "/home/somebody/scans", labeled: 1, unlabeled: ["/home/somebody/more/scan.mhd"], test: 2 };
  write("config.json", { method: "supervised", data, training: { steps: 4 }, ...config });
  write("environment.json", environment ?? { engine: "wasm", version: "4.22.0", threads: 2, device: "CPU", node: "v20.19.0" });
  const named = (ids: readonly string[]) => ids.map((id) => ({ id, path: `/home/somebody/scans/${id}.mhd` }));
  write("split.json", { labeled: named(["a"]), unlabeled: named(["b", "c"]), test: named(test) });
  const events = steps ?? [1, 2, 3, 4].map((step) => stepEvent(step));
  writeFileSync(
    join(folder, "events.jsonl"),
    [...events, ...(others.warnings ?? [])].map((event) => `${JSON.stringify(event)}\n`).join(""),
  );
  if (marks) {
    mkdirSync(join(folder, "evaluation"), { recursive: true });
    write("evaluation/froc.json", { step: 4, ...judge(marks, nodules) });
    write("evaluation/slices.json", slices ?? [sliceOf()]);
    if (others.targets) write("evaluation/targets.json", others.targets);
    if (others.mixtures) write("evaluation/mixup.json", others.mixtures);
  }
  return folder;
}
