// Times nonMaxSuppression3d next to compare.py, the greedy loop in NumPy, in one run on the same boxes, and checks that both keep the same ones.
//
//   pnpm build && node bench/compare.mjs [--boxes 100000] [--clusters 5000] [--iou 0.22]
//
// Needs python3 with venv; NumPy comes from PyPI into a virtual environment below the cache folder (GLEANER_CACHE or ~/.cache/gleaner).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pythonIn } from "../../../bench/python.mjs";
import { nonMaxSuppression3d } from "../dist/index.js";
import { clusteredBoxes } from "./clustered-boxes.mjs";

const { values } = parseArgs({
  options: {
    boxes: { type: "string", default: "100000" },
    clusters: { type: "string", default: "5000" },
    iou: { type: "string", default: "0.22" },
  },
});
const [count, clusters, iouThreshold] = [values.boxes, values.clusters, values.iou].map(Number);
const repeats = 7;

/** CPU seconds (every thread) and wall seconds: the first are what a busy machine does not spoil. */
const clock = () => {
  const { user, system } = process.cpuUsage();
  return [(user + system) / 1e6, performance.now() / 1000];
};
const middle = (times) => [0, 1].map((i) => times.map((time) => time[i]).toSorted((a, b) => a - b)[times.length >> 1]);
const seconds = (value) => `${value < 1 ? value.toFixed(3) : value.toFixed(1)} s`;

const python = pythonIn("detector-compare", ["numpy"]);
const { boxes, scores } = clusteredBoxes(count, clusters);
const folder = mkdtempSync(join(tmpdir(), "nms-compare-"));
try {
  writeFileSync(join(folder, "boxes.f32"), boxes);
  writeFileSync(join(folder, "scores.f32"), scores);
  const runs = Array.from({ length: repeats }, () => {
    const start = clock();
    const kept = nonMaxSuppression3d(boxes, scores, { iouThreshold });
    return { kept, time: clock().map((value, i) => value - start[i]) };
  });
  const script = fileURLToPath(new URL("compare.py", import.meta.url));
  const numpy = JSON.parse(execFileSync(python, [script, folder, String(iouThreshold)]));

  // Agreement first: a fast wrong answer is no answer.
  const { kept } = runs[0];
  const bytes = readFileSync(join(folder, "kept.i32"));
  const theirs = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const other = kept.findIndex((index, i) => index !== theirs[i]);
  if (kept.length !== theirs.length || other >= 0)
    throw new Error(`${kept.length} boxes are kept here and ${theirs.length} in NumPy; the first difference is at ${other}`);

  const ours = middle(runs.map(({ time }) => time));
  const reference = [numpy.cpu, numpy.wall];
  console.log(`NMS of ${count} boxes in ${clusters} clusters at IoU ${iouThreshold}: both keep the same ${kept.length}, in the same order`);
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.version}, NumPy ${numpy.numpy}\n`);
  const line = (name, [cpu, wall], note) =>
    `${name.padEnd(24)}${seconds(cpu).padStart(10)}${`${(cpu / ours[0]).toFixed(0)} x`.padStart(8)}${seconds(wall).padStart(12)}${`${(wall / ours[1]).toFixed(0)} x`.padStart(8)}  ${note}`;
  console.log(`${"".padEnd(24)}${"CPU".padStart(10)}${"ratio".padStart(8)}${"wall".padStart(12)}${"ratio".padStart(8)}`);
  console.log(line("nonMaxSuppression3d", ours, `median of ${repeats}; the first, cold run ${seconds(runs[0].time[1])}`));
  console.log(line("greedy loop in NumPy", reference, "once"));
} finally {
  rmSync(folder, { recursive: true });
}
