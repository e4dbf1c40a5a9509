// What engines.mjs measures without PyTorch.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cases } from "./cases.mjs";
import { load } from "./modules.mjs";
import { startWorker } from "./worker.mjs";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

/** How many times faster than stock the convolution of @gleaner/wasm3d is. */
function wasmConvolution() {
  const { stock, ours } = JSON.parse(execFileSync(process.execPath, [script("wasm-convolution.mjs")], { encoding: "utf8" }));
  return { seconds: ours, stockSeconds: stock, ratio: stock / ours };
}

/** Calls `work` with a folder that holds the plan of a case. */
async function withPlan(name, more, work) {
  const folder = mkdtempSync(join(tmpdir(), "gleaner-engines-"));
  try {
    const { plan, gleaner } = cases.find((one) => one.name === name);
    const planned = { ...plan(folder), ...more };
    return await work({
      folder,
      gleaner,
      write: (extra) => writeFileSync(join(folder, "plan.json"), JSON.stringify({ ...planned, ...extra })),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How many times as long as on native a step takes on WASM's one thread; steps in turns. */
const wasmStep = ({ threads, seconds }) =>
  withPlan("detector-64", { write: false }, async ({ folder, gleaner, write }) => {
    const workers = {};
    const times = { native: [], wasm: [] };
    try {
      for (const engine of Object.keys(times)) {
        write({ engine });
        workers[engine] = await startWorker(process.execPath, [gleaner, folder, String(engine === "wasm" ? 1 : threads)]);
      }
      for (const { ask } of Object.values(workers)) await ask({ steps: 2 });
      const end = performance.now() + seconds * 1000;
      while (times.wasm.length < 3 || performance.now() < end) {
        times.wasm.push(...(await workers.wasm.ask({ steps: 1 })).times);
        times.native.push(...(await workers.native.ask({ steps: 3 })).times);
      }
    } finally {
      for (const { stop } of Object.values(workers)) stop();
    }
    const [wasm, native] = [Math.min(...times.wasm), Math.min(...times.native)];
    return { seconds: wasm, nativeSeconds: native, ratio: wasm / native };
  });

/** How many times as fast two WASM engines do a step together as one does alone. */
const wasmWorkers = ({ seconds }) =>
  withPlan("detector-64", {}, async ({ folder, write }) => {
    write({});
    const words = [script("wasm-workers.mjs"), folder, "2", String(seconds)];
    const { one, several, processor, apart } = JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" }));
    if (!(apart < 1e-5)) throw new Error(`the loss of two engines is ${apart} of it away from that of one`);
    return { seconds: several, oneSeconds: one, processor, ratio: one / several };
  });

/** Pairs the native engine in a cache of its own, so that everything is fetched and compiled. */
async function install() {
  const cache = mkdtempSync(join(tmpdir(), "gleaner-install-"));
  try {
    const start = performance.now();
    const { tensorflow } = await load("@gleaner/native").installNative({ cache });
    return { seconds: (performance.now() - start) / 1000, tensorflow };
  } finally {
    rmSync(cache, { recursive: true });
  }
}

/** `engine` is the one that `--engines` has to name; `wanted` is the ratio that the project aims at. */
export const extras = [
  {
    name: "wasm-convolution",
    what: "3×3×3 convolution of 2×32³×16 to 16 channels on WASM, one thread; ratio: stock by ours",
    engine: "wasm",
    wanted: { atLeast: 25 },
    measure: wasmConvolution,
  },
  {
    name: "wasm-step",
    what: "training step of the slim detector, batch 2 of 64³, on WASM, one thread; ratio: WASM by native",
    engine: "wasm",
    wanted: { atMost: 6 },
    measure: wasmStep,
  },
  {
    name: "wasm-workers",
    what: "the same step on two WASM engines in threads; ratio: one engine by two",
    engine: "wasm",
    wanted: { atLeast: 1.6 },
    measure: wasmWorkers,
  },
  {
    name: "install",
    what: "pairing the native engine from an empty cache, downloads included",
    engine: "native",
    measure: install,
  },
];
