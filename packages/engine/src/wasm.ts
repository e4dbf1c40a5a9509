import * as tf from "@tensorflow/tfjs-core";
import type { Candidate } from "./engine.js";
import { engineError } from "./errors.js";
import { importOptional } from "./modules.js";

/** TensorFlow.js compiled to WebAssembly, with the kernels of @gleaner/wasm3d: several of the stock ones give wrong gradients. */
export const wasmEngine: Candidate = {
  name: "wasm",
  preference: "wasm",
  title: "WebAssembly",
  isPossible: () => typeof WebAssembly === "object",
  async find({ options: { threads, wasmPaths }, modules }) {
    const wasm = await importOptional("@tensorflow/tfjs-backend-wasm", modules.wasm);
    const { registerWasm3d } = await importOptional("@gleaner/wasm3d", modules.wasm3d);
    const version = wasm.version_wasm;
    const start = async () => {
      if (wasmPaths !== undefined) wasm.setWasmPaths(wasmPaths);
      if (threads !== undefined) wasm.setThreadsCount(threads);
      registerWasm3d();
      if (!(await tf.setBackend("wasm").catch(() => false))) {
        throw engineError("TensorFlow.js could not start its WASM backend: its .wasm files did not load.", {
          how: "Serve the .wasm files of @tensorflow/tfjs-backend-wasm and say where with the option wasmPaths.",
        });
      }
      return { name: "wasm", version, threads: wasm.getThreadsCount(), device: "CPU" } as const;
    };
    return { version, gpu: false, start };
  },
};
