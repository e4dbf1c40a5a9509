// What engines.mjs measures without PyTorch.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "./modules.mjs";

/** How many times faster than stock the convolution of @gleaner/wasm3d is. */
function wasmConvolution() {
  const { stock, ours } = JSON.parse(
    execFileSync(process.execPath, [fileURLToPath(new URL("wasm-convolution.mjs", import.meta.url))], { encoding: "utf8" }),
  );
  return { seconds: ours, stockSeconds: stock, ratio: stock / ours };
}

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

export const extras = [
  {
    name: "wasm-convolution",
    what: "3×3×3 convolution of 2×32³×16 to 16 channels on WASM, one thread; ratio: stock by ours",
    measure: wasmConvolution,
  },
  { name: "install", what: "pairing the native engine from an empty cache, downloads included", measure: install },
];
