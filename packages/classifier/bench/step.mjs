// Times one FlexMatch step of WRN-28-2 on the native engine beside PyTorch, on the same threads, in turns, and checks that both compute
// the same losses from the same weights.
//
//   pnpm bench, or: pnpm build && node bench/step.mjs [--threads 2] [--rounds 8] [--steps 3] [--channels-last] [--passive] [--profile] [--python PATH]
//
// The processor time, of all threads, is what a busy machine spoils least; --passive lets PyTorch's threads sleep where they would spin,
// so that theirs is work too. On a quiet machine the times count, without it.
//
// Needs the native engine (gleaner backend install). PyTorch comes from PyPI into a virtual environment below the cache folder
// (GLEANER_CACHE or ~/.cache/gleaner), 1.3 GB, unless --python names a Python that has it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pythonWithTorch } from "./pytorch.mjs";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "8" },
    steps: { type: "string", default: "3" },
    "channels-last": { type: "boolean", default: false },
    passive: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    python: { type: "string" },
  },
});
const [threads, rounds, steps] = [values.threads, values.rounds, values.steps].map(Number);
const [labeled, unlabeled, classes] = [8, 56, 10];
const openMp = { OMP_NUM_THREADS: String(threads), ...(values.passive ? { OMP_WAIT_POLICY: "passive", GOMP_SPINCOUNT: "0" } : {}) };
const images = [labeled + 2 * unlabeled, 32, 32, 3];

/** A process that answers each line with one of JSON. */
async function startWorker(command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...openMp } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ended before it answered`);
    return JSON.parse(value);
  };
  const hello = await next();
  return {
    ...hello,
    ask: (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    stop: () => child.kill(),
  };
}

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "classifier-step-"));
const workers = [];
try {
  let state = 1;
  const draw = () => (state = (state * 48271) % 2147483647) / 1073741823.5 - 1;
  writeFileSync(join(folder, "images.f32"), Float32Array.from({ length: images.reduce((a, b) => a * b) }, draw));
  const plan = {
    ...{ classes, depth: 28, widen: 2, images, labeled, unlabeled, write: true, channelsLast: values["channels-last"] },
    labels: Array.from({ length: labeled }, (_, i) => i % classes),
    // Such that some pass and some do not, from the first step on.
    thresholds: Array.from({ length: classes }, (_, c) => 0.1 + 0.02 * c),
  };
  writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
  const torch = pythonWithTorch(values.python);
  const native = await startWorker(process.execPath, [here("native-step.mjs"), folder, String(threads)]);
  workers.push(native);
  const pytorch = await startWorker(torch.python, [here("step.py"), folder, String(threads), torch.mode]);
  workers.push(pytorch);
  for (const { parameters } of workers) if (parameters !== 1_469_642) throw new Error(`expected 1469642 parameters, got ${parameters}`);

  // Agreement first: a fast wrong answer is no answer. Rounding is amplified from step to step, so the first ones count.
  const [own, other] = [await native.ask({ steps: 3 }), await pytorch.ask({ steps: 3 })];
  for (const i of [0, 1, 2]) {
    const off = Math.abs(own.losses[i] / other.losses[i] - 1);
    if (!(off < [1e-5, 1e-3, 1e-2][i]))
      throw new Error(`the loss of step ${i + 1} is ${own.losses[i]} here and ${other.losses[i]} in PyTorch`);
  }

  const seen = workers.map(() => ({ times: [], processor: [], peak: 0 }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, worker] of workers.entries()) {
      const { times, processor, peak } = await worker.ask({ steps });
      seen[i].times.push(...times);
      seen[i].processor.push(...processor);
      seen[i].peak = peak;
    }
  }
  const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
  const best = seen.map(({ times }) => Math.min(...times));
  const median = seen.map(({ times }) => middle(times));
  const processor = seen.map((run) => middle(run.processor));
  console.log(`one FlexMatch step of WRN-28-2, ${images.join(" x ")}, ${threads} threads, ${rounds} x ${steps} steps each, in turns`);
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.version}`);
  console.log(`losses of the first steps: ${own.losses.map((x, i) => `${x.toFixed(6)} / ${other.losses[i].toFixed(6)}`).join(", ")}\n`);
  const line = (cells) => console.log(cells.map((cell, i) => (i ? cell.padStart(14) : cell.padEnd(30))).join(""));
  const ms = (time) => `${(time * 1000).toFixed(0)} ms`;
  line(["", "best", "median", "processor", "peak memory"]);
  const names = [`Gleaner, TensorFlow ${native.version}`, `PyTorch ${pytorch.version}`];
  for (const [i, name] of names.entries())
    line([name, ms(best[i]), ms(median[i]), ms(processor[i]), `${(seen[i].peak / 2 ** 30).toFixed(2)} GiB`]);
  line(["ratio", ...[best, median, processor].map(([a, b]) => (a / b).toFixed(2)), (seen[0].peak / seen[1].peak).toFixed(2)]);

  if (values.profile) {
    for (const [i, worker] of workers.entries()) {
      console.log(`\n${names[i]}`);
      for (const [name, calls, time] of (await worker.ask({ profile: true })).profile.slice(0, 20)) {
        line([name.slice(0, 29), `${calls} calls`, `${time.toFixed(1)} ms`]);
      }
    }
  }
} finally {
  for (const worker of workers) worker.stop();
  rmSync(folder, { recursive: true });
}
