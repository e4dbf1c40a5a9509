import wasm from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import type { Judgment } from "./engine-judgments.js";
import type { PageEngine } from "./engine-settings.js";

export interface EngineTask {
  engine: PageEngine;
  /** Where the page has TensorFlow.js's .wasm files. */
  wasmPaths: Record<string, string>;
}

export type EngineMessage = { operator: string; judgment: Judgment } | { done: true } | { failed: string };

export interface EngineCheck {
  /** Settles when all operators are done; never after `stop`. */
  done: Promise<void>;
  stop(): void;
}

/** Checks an engine in a worker, which is all that loads TensorFlow.js; `onOperator` gets each operator as it is done. */
export function startEngineCheck(engine: PageEngine, onOperator: (operator: string, judgment: Judgment) => void): EngineCheck {
  const worker = new Worker(new URL("./engine-worker.ts", import.meta.url), { type: "module" });
  const absolute = (path: string): string => new URL(path, location.href).href;
  const wasmPaths = {
    "tfjs-backend-wasm.wasm": absolute(wasm),
    "tfjs-backend-wasm-simd.wasm": absolute(simd),
    "tfjs-backend-wasm-threaded-simd.wasm": absolute(threaded),
  };
  const done = new Promise<void>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<EngineMessage>) => {
      if ("operator" in data) onOperator(data.operator, data.judgment);
      else if ("done" in data) resolve();
      else reject(new Error(data.failed));
    });
    worker.addEventListener("error", () => reject(new Error("The page's worker did not start; expected a browser with module workers.")));
  });
  worker.postMessage({ engine, wasmPaths } satisfies EngineTask);
  const stop = (): void => worker.terminate();
  done.then(stop, stop);
  return { done, stop };
}
