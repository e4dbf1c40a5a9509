import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { workError } from "../errors.js";
import { generatePhantom } from "../phantom/generate.js";
import type { Phantom, PhantomOptions } from "../phantom/types.js";

type Maker = (options: PhantomOptions) => Promise<Phantom>;

/** `count` functions that draw one phantom at a time each, in threads of their own if there are several; `close` ends the threads. */
export function phantomMakers(count: number): { makers: Maker[]; close: () => Promise<void> } {
  const script = fileURLToPath(new URL("./phantom-worker.js", import.meta.url));
  // Threads run the built script; where only sources are (tests), and for a single scan at a time, this thread draws.
  if (count < 2 || !existsSync(script)) {
    // A turn of the event loop between scans lets Ctrl-C through.
    const here: Maker = (options) =>
      new Promise((resolve, reject) => setImmediate(() => Promise.resolve(options).then(generatePhantom).then(resolve, reject)));
    return { makers: count > 0 ? [here] : [], close: async () => {} };
  }
  const workers = Array.from({ length: count }, () => new Worker(script));
  return {
    makers: workers.map(
      (worker): Maker =>
        (options) =>
          new Promise((resolve, reject) => {
            const settle = (act: () => void): void => {
              worker.off("message", onMessage).off("error", onError).off("exit", onExit);
              act();
            };
            const onMessage = (phantom: Phantom): void => settle(() => resolve(phantom));
            const onError = (error: Error): void => settle(() => reject(error));
            const onExit = (code: number): void => settle(() => reject(workError(`a thread that draws phantoms ended with code ${code}`)));
            worker.on("message", onMessage).on("error", onError).on("exit", onExit);
            worker.postMessage(options);
          }),
    ),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
