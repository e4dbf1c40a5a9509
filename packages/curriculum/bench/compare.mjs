// Times a step of @gleaner/curriculum next to a recount in TypeScript and to compare.py, all in one run on the same made-up predictions, and
// checks that all of them select the same.
//
//   pnpm build && pnpm exec node bench/compare.mjs [--unlabeled 604388] [--classes 10] [--batch 448]
//
// Needs Node 22.18 or newer and python3 with venv; NumPy comes from PyPI into a virtual environment below the cache folder (GLEANER_CACHE or
// ~/.cache/gleaner).
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { pythonIn } from "../../../bench/python.mjs";
import { createCurriculum, restoreCurriculum } from "../dist/index.js";
import { createRecount, madeUpSteps } from "./made-up-steps.ts";

const { values } = parseArgs({
  options: {
    unlabeled: { type: "string", default: "604388" },
    classes: { type: "string", default: "10" },
    batch: { type: "string", default: "448" },
  },
});
const [unlabeled, classes, batch] = [values.unlabeled, values.classes, values.batch].map(Number);
// Those that count anew take long enough for few steps to tell; agreement is checked over the steps that all have done.
const [ourSteps, theirSteps, repeats] = [400, 100, 5];
// Ours goes through its steps again and again: batches come fresh from a network, so reading them from main memory is no part of the cost.
const rounds = 10;
const threshold = 0.95;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
/** Buffers are freed in the background, a while after their arrays. */
const settle = async () => {
  for (let time = 0; time < 3; time++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const bytesInUse = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** CPU seconds (every thread) and wall seconds of one step: the first are what a busy machine does not spoil. */
function timed(steps, run) {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const result = run();
  const { user, system } = process.cpuUsage(cpu);
  return { result, times: [(user + system) / 1e6 / steps, (performance.now() - wall) / 1000 / steps] };
}
const middle = (runs) => [0, 1].map((i) => runs.map((times) => times[i]).toSorted((a, b) => a - b)[runs.length >> 1]);

const { labels, batches } = madeUpSteps(unlabeled, classes, batch, ourSteps);
const settings = createCurriculum({ classes, unlabeled: 1, threshold }).snapshot();
const start = () => restoreCurriculum({ ...settings, unlabeled, labels });
const step = (curriculum, { indices, confidences, classes: predicted }) => {
  curriculum.thresholds();
  const mask = curriculum.select(confidences, predicted);
  curriculum.observe(indices, confidences, predicted);
  return mask;
};

const first = batches.slice(0, theirSteps);
const agreed = start();
const selected = first.reduce((sum, one) => step(agreed, one).reduce((a, b) => a + b, sum), 0);
const check = (name, other) => {
  const thresholds = Array.from(agreed.thresholds());
  if (other.selected !== selected || other.thresholds.some((value, c) => Math.abs(value - thresholds[c]) > 1e-12))
    throw new Error(`${name} selected ${other.selected} with ${other.thresholds}, expected ${selected} with ${thresholds}`);
};

const ours = Array.from({ length: repeats + 1 }, () => {
  const curriculum = start();
  return timed(rounds * ourSteps, () => {
    for (let round = 0; round < rounds; round++) for (const one of batches) step(curriculum, one);
  }).times;
});
await settle();
const before = bytesInUse();
const held = start();
await settle();
const heldBytes = bytesInUse() - before;
const [garbageSteps, beforeSteps] = [200, bytesInUse()];
for (const one of batches.slice(0, garbageSteps)) step(held, one);
const garbage = (bytesInUse() - beforeSteps) / garbageSteps;

const recounts = Array.from({ length: repeats + 1 }, () => {
  const recount = createRecount(labels.slice(), classes, threshold);
  const { result, times } = timed(theirSteps, () => first.reduce((sum, one) => sum + recount.step(one), 0));
  check("the recount in TypeScript", { selected: result, thresholds: recount.thresholds() });
  return times;
});

const folder = mkdtempSync(join(tmpdir(), "curriculum-compare-"));
try {
  const joined = (name, Type) => {
    const all = new Type(theirSteps * batch);
    for (const [i, one] of first.entries()) all.set(one[name], i * batch);
    return all;
  };
  writeFileSync(join(folder, "labels.i32"), labels);
  writeFileSync(join(folder, "indices.i32"), joined("indices", Int32Array));
  writeFileSync(join(folder, "confidences.f32"), joined("confidences", Float32Array));
  writeFileSync(join(folder, "classes.i32"), joined("classes", Int32Array));
  const python = pythonIn("curriculum-compare", ["numpy"]);
  const ask = (kind) => {
    const script = fileURLToPath(new URL("compare.py", import.meta.url));
    const args = [script, folder, kind, ...[unlabeled, classes, batch, theirSteps, repeats].map(String)];
    const answer = JSON.parse(execFileSync(python, args, { encoding: "utf8" }));
    check(`compare.py ${kind}`, answer);
    return answer;
  };
  const [counter, bincount] = [ask("counter"), ask("bincount")];

  const reference = middle(ours.slice(1));
  const time = (seconds) => (seconds < 1e-3 ? `${(seconds * 1e6).toFixed(1)} µs` : `${(seconds * 1e3).toFixed(2)} ms`);
  const size = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const row = (name, runs, kept, extra) => {
    const both = middle(runs);
    const cells = [time(both[0]), time(both[1]), `${(both[0] / reference[0]).toFixed(0)} x`, size(kept), extra];
    console.log(name.padEnd(36) + cells.map((cell) => cell.padStart(12)).join(""));
  };
  console.log(
    `${unlabeled} samples, ${classes} classes, batches of ${batch}; ${selected} predictions selected in ${theirSteps} steps by all`,
  );
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.version}\n`);
  console.log(`${"a step".padEnd(36)}${["CPU", "wall", "CPU ratio", "held", "more a step"].map((name) => name.padStart(12)).join("")}`);
  row("@gleaner/curriculum", ours.slice(1), heldBytes, size(garbage));
  row("recount in TypeScript", recounts.slice(1), labels.byteLength, "-");
  row("NumPy, bincount", bincount.runs, bincount.held, size(bincount.extra));
  row("Counter, as the authors' program", counter.runs, counter.held, size(counter.extra));
} finally {
  rmSync(folder, { recursive: true });
}
