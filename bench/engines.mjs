// Gleaner's engines beside PyTorch: the same steps from the same weights, on the same threads, in turns, and whether they agree.
//
//   pnpm build && pnpm bench:engines [--only detector-64,inference-64] [--engines native,wasm] [--threads 2] [--seconds 20] [--json]
//                                    [--channels-last] [--passive] [--bfloat16] [--profile] [--python PATH]
//
// --engines wasm --only wasm-convolution,wasm-step,wasm-workers: WASM beside stock, native and itself in two threads, without PyTorch.
//
// Needs the native engine (gleaner backend install). PyTorch comes from PyPI into a virtual environment below the cache folder
// (GLEANER_CACHE or ~/.cache/gleaner), 1.3 GB, and MONAI beside it, unless --python names a Python that has both.
//
// `best` and `median` are of a step, `processor` is the median time of all threads, which a busy machine spoils least. --passive lets PyTorch's
// threads sleep where they would spin, so that its processor time is work too; on a quiet machine the times count, without it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pythonWithTorch } from "../packages/classifier/bench/pytorch.mjs";
import { cases } from "./cases.mjs";
import { extras } from "./extras.mjs";
import { startWorker } from "./worker.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    engines: { type: "string", default: "native,wasm" },
    threads: { type: "string", default: "2" },
    seconds: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
    "channels-last": { type: "boolean", default: false },
    passive: { type: "boolean", default: false },
    bfloat16: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    python: { type: "string" },
  },
});
const threads = Number(options.threads);
const seconds = Number(options.seconds);
const names = [...cases, ...extras].map(({ name }) => name);
const wanted = options.only?.split(",") ?? names;
const unknown = wanted.find((name) => !names.includes(name));
if (unknown) throw new RangeError(`--only names ${unknown}; expected some of ${names.join(", ")}`);

const print = (text) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const openMp = { OMP_NUM_THREADS: String(threads), ...(options.passive ? { OMP_WAIT_POLICY: "passive", GOMP_SPINCOUNT: "0" } : {}) };
const warmUp = 3;
const fewest = 3;
const most = 60;

/** Agreement first: a fast wrong answer is no answer. Rounding is amplified from step to step. */
function requireAgreement(name, seen, reference) {
  const close = options.bfloat16 ? [3e-2, 1e-1, 3e-1] : [1e-5, 1e-3, 1e-2];
  for (const [i, limit] of close.entries()) {
    const off = Math.abs(seen.losses[i] / reference.losses[i] - 1);
    if (!(off < limit)) throw new Error(`the loss of step ${i + 1} is ${seen.losses[i]} on ${name} and ${reference.losses[i]} in Python`);
  }
}

/** Runs the workers of a case in turns, one step each, for about `seconds`. */
async function inTurns(workers) {
  const seen = workers.map(() => ({ times: [], processor: [], peak: 0 }));
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round < most && (round < fewest || performance.now() < end); round++) {
    for (const [i, { ask, slow }] of workers.entries()) {
      // A slow engine gets fewer turns than the others, which are compared more closely.
      if (slow && round % 4 !== 0) continue;
      const { times, processor, peak } = await ask({ steps: slow ? 1 : 2 });
      seen[i].times.push(...times);
      seen[i].processor.push(...processor);
      seen[i].peak = peak;
    }
  }
  return seen.map(({ times, processor, peak }) => ({
    best: Math.min(...times),
    median: middle(times),
    processor: middle(processor),
    peak,
  }));
}

async function run({ name, what, gleaner, pytorch, engines, python = pythonWithTorch, theirs = "pytorch", plan }) {
  const folder = mkdtempSync(join(tmpdir(), "gleaner-engines-"));
  const workers = [];
  try {
    const common = { ...plan(folder), channelsLast: options["channels-last"], bfloat16: options.bfloat16 };
    for (const engine of engines.filter((engine) => options.engines.split(",").includes(engine))) {
      // The first one writes its weights for the others, and their names and shapes into the plan.
      const known = workers.length > 0 ? JSON.parse(readFileSync(join(folder, "plan.json"), "utf8")) : common;
      writeFileSync(join(folder, "plan.json"), JSON.stringify({ ...known, engine, write: workers.length === 0 }));
      const worker = await startWorker(process.execPath, [gleaner, folder, String(engine === "wasm" ? 1 : threads)]);
      workers.push({ ...worker, engine, slow: engine === "wasm" });
    }
    const torch = python(options.python);
    const environment = { ...openMp, ...torch.environment };
    workers.push({ ...(await startWorker(torch.python, [pytorch, folder, String(threads), torch.mode], environment)), engine: theirs });
    const [first] = workers;
    for (const { engine, hello } of workers) {
      if (hello.parameters !== first.hello.parameters)
        throw new Error(`${engine} has ${hello.parameters} parameters where ${first.engine} has ${first.hello.parameters}`);
    }
    const started = [];
    for (const worker of workers) started.push(await worker.ask({ steps: warmUp }));
    for (const [i, { engine }] of workers.entries()) requireAgreement(engine, started[i], started.at(-1));
    const figures = await inTurns(workers);
    const rows = workers.map(({ engine, hello }, i) => ({ engine, version: hello.version, ...figures[i] }));
    const profiles = {};
    if (options.profile) for (const { engine, ask } of workers) profiles[engine] = (await ask({ profile: true })).profile;
    return { name, what, rows, ...(options.profile ? { profiles } : {}) };
  } finally {
    for (const worker of workers) worker.stop();
    rmSync(folder, { recursive: true });
  }
}

const line = (cells) => print(cells.map((cell, i) => (i ? cell.padStart(12) : cell.padEnd(26))).join(""));
const ms = (time) => `${(time * 1000).toFixed(time < 0.1 ? 1 : 0)} ms`;

/** The ratio that is wanted, and whether it was reached. */
function verdict(ratio, { atLeast, atMost }) {
  const reached = atLeast === undefined ? ratio <= atMost : ratio >= atLeast;
  return `wanted ${atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`}: ${reached ? "reached" : "missed"}`;
}

function printCase({ name, what, rows, profiles = {} }) {
  print(`\n${name}: ${what}`);
  line(["", "best", "median", "processor", "peak memory"]);
  for (const row of rows)
    line([`${row.engine} ${row.version}`, ms(row.best), ms(row.median), ms(row.processor), `${(row.peak / 2 ** 30).toFixed(2)} GiB`]);
  const reference = rows.at(-1);
  for (const row of rows.slice(0, -1)) {
    const ratio = (key) => (row[key] / reference[key]).toFixed(2);
    line([`${row.engine} / ${reference.engine}`, ratio("best"), ratio("median"), ratio("processor"), ratio("peak")]);
  }
  const [native, wasm] = ["native", "wasm"].map((engine) => rows.find((row) => row.engine === engine));
  if (native && wasm)
    line(["wasm / native", ...["best", "median", "processor", "peak"].map((key) => (wasm[key] / native[key]).toFixed(2))]);
  for (const [engine, profile] of Object.entries(profiles)) {
    print(`  ${engine}`);
    for (const [operator, calls, time] of profile.slice(0, 24)) line([`  ${operator.slice(0, 23)}`, `${calls} ×`, `${time.toFixed(2)} ms`]);
  }
}

print(`${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, Node ${process.version}, ${threads} threads (WASM: 1)`);
const results = [];
const engines = options.engines.split(",");
for (const one of cases.filter(({ name, engines: all }) => wanted.includes(name) && all.some((engine) => engines.includes(engine)))) {
  const result = await run(one);
  printCase(result);
  results.push(result);
}
for (const { name, what, measure, wanted: target } of extras.filter(
  ({ name, engine }) => wanted.includes(name) && engines.includes(engine),
)) {
  const result = { name, what, ...(await measure({ threads, seconds })), ...(target && { wanted: target }) };
  print(`\n${name}: ${what}`);
  print(
    `${result.seconds.toFixed(3)} s${result.ratio ? `, ratio ${result.ratio.toFixed(2)}` : ""}${target ? `, ${verdict(result.ratio, target)}` : ""}`,
  );
  results.push(result);
}
if (options.json)
  process.stdout.write(
    `${JSON.stringify({ processors: cpus().length, model: cpus()[0]?.model, threads, node: process.version, results })}\n`,
  );
