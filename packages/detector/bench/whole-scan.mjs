// Whole-scan inference beside MONAI's sliding-window detector: the same network and weights on the same voxels and threads, in turns.
//
//   pnpm build && GLEANER_DATA=DIR node packages/detector/bench/whole-scan.mjs [--runs 2] [--threads 2] [--json] [--passive] [--python PATH]
//
// The scan is the one of lidc_idri_0314 where GLEANER_DATA names a folder that has it, else noise of its shape. Needs the native engine
// (gleaner backend install). PyTorch and MONAI come from PyPI below the cache folder (GLEANER_CACHE or ~/.cache/gleaner), unless --python
// names a Python that has both. --passive lets PyTorch's threads sleep where they would spin: its processor time is work then.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load } from "../../../bench/modules.mjs";
import { startWorker } from "../../../bench/worker.mjs";
import { pythonWithMonai } from "./monai.mjs";

const { boxIou } = load("@gleaner/detector");
const { windowHu } = load("@gleaner/volumes");
const { readVolume } = load("@gleaner/volumes/node");

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "2" },
    threads: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
    passive: { type: "boolean", default: false },
    python: { type: "string" },
  },
});
const [runs, threads] = ["runs", "threads"].map((name) => {
  const value = Number(options[name]);
  if (!(Number.isInteger(value) && value > 0)) throw new RangeError(`--${name} is ${options[name]}; expected a positive integer`);
  return value;
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const print = (text) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);

/** Voxels of 0..1, in MONAI's own window for lungs. */
async function readScan() {
  const folder = process.env.GLEANER_DATA && join(process.env.GLEANER_DATA, "lidc_idri_0314");
  const name = folder && existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith(".lungcrop.mhd")) : undefined;
  if (name) {
    const { data, shape } = windowHu(await readVolume(join(folder, name)), { low: -1024, high: 300 });
    return { what: "LIDC-IDRI-0314, its lungs", data, shape: [...shape] };
  }
  const shape = [306, 250, 271];
  let state = 1;
  const draw = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return { what: "noise", data: Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, draw), shape };
}

/** What MONAI leaves of a box: the part inside. */
const clipped = (box, shape) => box.map((value, i) => Math.min(shape[i % 3], Math.max(0, value)));

/** The share of boxes of which the others have one with an IoU of at least ½. */
const shareFoundBy = (boxes, others) => boxes.filter((box) => others.some((other) => boxIou(box, other) >= 0.5)).length / boxes.length;

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const scan = await readScan();
const python = pythonWithMonai(options.python);
const openMp = { OMP_NUM_THREADS: String(threads), ...(options.passive ? { OMP_WAIT_POLICY: "passive", GOMP_SPINCOUNT: "0" } : {}) };
const patch = 96;
const plan = {
  ...{ shape: scan.shape, patch, overlap: 0.25, sizes: [4, 6, 8] },
  example: scan.shape.map((extent) => Math.floor((extent - patch) / 2)),
  ...{ topK: 1000, iouThreshold: 0.22, maxDetections: 100 },
};
const folder = mkdtempSync(join(tmpdir(), "gleaner-whole-scan-"));
const workers = [];
try {
  writeFileSync(join(folder, "scan.f32"), scan.data);
  writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
  const start = async (name, ...how) => workers.push({ name, seen: [], ...(await startWorker(...how)) });
  // The first one writes weights and threshold for the other.
  await start("gleaner", process.execPath, [here("whole-scan-worker.mjs"), folder, String(threads)]);
  const environment = { ...openMp, ...python.environment };
  await start("monai", python.python, [here("whole-scan.py"), folder, String(threads), python.mode], environment);
  const [ours, theirs] = workers;
  if (ours.hello.parameters !== theirs.hello.parameters)
    throw new Error(`the network has ${ours.hello.parameters} parameters here and ${theirs.hello.parameters} in PyTorch`);
  // Agreement first: a fast wrong answer is no answer.
  if (!(theirs.hello.difference < 1e-4)) throw new Error(`logits of a patch differ by ${theirs.hello.difference}, expected less than 1e-4`);
  const share = shareFoundBy(
    ours.hello.boxes.map((box) => clipped(box, [patch, patch, patch])),
    theirs.hello.boxes,
  );
  if (!(share >= 0.95)) throw new Error(`of the boxes of one patch MONAI has ${share} too, expected at least 0.95`);
  for (let run = 0; run < runs; run++) for (const { ask, seen } of workers) seen.push(await ask({}));

  const [a, b] = workers.map(({ seen }) => seen.at(-1));
  if (a.tiles !== b.tiles) throw new Error(`detectVolume sees ${a.tiles} patches and MONAI ${b.tiles}, expected the same`);
  const rows = workers.map(({ name, hello, seen }) => {
    const column = (key) => seen.map((one) => one[key]);
    const times = { best: Math.min(...column("time")), median: middle(column("time")), processor: Math.min(...column("processor")) };
    return { name, version: hello.version, ...times, peak: Math.max(...column("peak")), tiles: seen[0].tiles, detections: a.scores.length };
  });
  rows[1].detections = b.scores.length;
  const agreement = { logits: theirs.hello.difference, boxesOfPatch: share, boxesOfScan: shareFoundBy(a.boxes, b.boxes) };
  const machine = { processors: cpus().length, model: cpus()[0]?.model, threads, load: loadavg()[0], node: process.version };
  const { parameters } = ours.hello;

  print(
    `${machine.processors} × ${machine.model}, load ${machine.load.toFixed(1)}, Node ${machine.node}, ${threads} threads, ${runs} runs each in turns`,
  );
  print(`${scan.what}, ${scan.shape.join(" × ")} voxels in ${a.tiles} patches of ${patch}³, a network of ${parameters} parameters\n`);
  const line = (cells) => print(cells.map((cell, i) => (i ? cell.padStart(12) : cell.padEnd(44))).join(""));
  line(["", "best", "median", "processor", "peak memory"]);
  for (const { name, version, best, median, processor, peak } of rows)
    line([
      `${name} (${version})`,
      ...[best, median, processor].map((time) => `${time.toFixed(1)} s`),
      `${(peak / 2 ** 30).toFixed(2)} GiB`,
    ]);
  line(["gleaner / monai", ...["best", "median", "processor", "peak"].map((key) => (rows[0][key] / rows[1][key]).toFixed(2))]);
  const percent = (share) => `${Math.round(100 * share)} %`;
  const { logits, boxesOfScan } = agreement;
  print(
    `\nOne patch: logits differ by at most ${logits.toExponential(1)}; MONAI has ${percent(share)} of our ${ours.hello.boxes.length} boxes (IoU of at least 0.5).`,
  );
  print(
    `The scan: ${percent(boxesOfScan)} of ${a.scores.length}; MONAI averages logits where patches overlap, and the network is not trained.`,
  );
  if (options.json)
    process.stdout.write(`${JSON.stringify({ ...machine, scan: scan.what, shape: scan.shape, parameters, rows, agreement })}\n`);
} finally {
  for (const worker of workers) worker.stop();
  rmSync(folder, { recursive: true });
}
