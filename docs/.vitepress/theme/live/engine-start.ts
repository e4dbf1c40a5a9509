import { chooseEngine } from "@gleaner/engine";
import * as tf from "@tensorflow/tfjs";
import type { PageEngine } from "./engine-settings.js";

/** Makes an engine the active one. What cannot run here is an error of one sentence. */
export async function startPageEngine(engine: PageEngine, wasmPaths?: Record<string, string>): Promise<void> {
  if (engine === "webgl") {
    if (!(await tf.setBackend("webgl").catch(() => false))) throw new Error("This browser has no WebGL for pages that compute.");
    return;
  }
  const paths = wasmPaths ? { wasmPaths } : {};
  // Without what @gleaner/wasm3d registers it is the stock backend.
  const asItComes = { modules: { wasm3d: async () => ({ registerWasm3d: () => {} }) } };
  if (engine === "stock") await chooseEngine({ prefer: "wasm", ...paths, ...asItComes });
  else await chooseEngine({ prefer: engine, ...paths });
}
