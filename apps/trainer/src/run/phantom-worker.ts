import { parentPort } from "node:worker_threads";
import { generatePhantom } from "../phantom/generate.js";
import type { PhantomOptions } from "../phantom/types.js";

// A thread that draws phantoms: options in, phantom out.
parentPort?.on("message", (options: PhantomOptions) => {
  const phantom = generatePhantom(options);
  parentPort?.postMessage(phantom, [phantom.volume.data.buffer as ArrayBuffer]);
});
