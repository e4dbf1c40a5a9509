import { type Transferable, Worker } from "node:worker_threads";
import type { Channel } from "./channel.js";

/**
 * Starts a thread of Node for a replica; within it, `portChannel(parentPort)` is the other end.
 *
 * The process does not stay alive for a thread that has nothing to answer. A thread that throws or ends breaks the channel.
 *
 * @param script path or URL of a module that Node can run as it is
 * @param workerData what the script finds under this name in `node:worker_threads`
 * @param transferred what of it is handed over rather than copied, as a `MessagePort` has to be
 *
 * @example
 * ```ts
 * import { threadChannel } from "@gleaner/training/node";
 * const script = 'import { parentPort } from "node:worker_threads"; parentPort.on("message", (x) => parentPort.postMessage(2 * x));';
 * const channel = threadChannel(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
 * const answer = new Promise((resolve, reject) => channel.listen(resolve, reject));
 * channel.hold?.(true);
 * channel.post(21);
 * await answer; // => 42
 * await channel.close();
 * ```
 */
export function threadChannel(script: string | URL, workerData?: unknown, transferred: readonly Transferable[] = []): Channel {
  // Without the flags of this process, under which a test would look for sources.
  const worker = new Worker(script, { workerData, transferList: [...transferred], execArgv: [] });
  worker.unref();
  let closed = false;
  return {
    post: (message) => worker.postMessage(message),
    listen(onMessage, onBroken) {
      worker.on("message", onMessage);
      worker.on("messageerror", onBroken);
      worker.on("error", onBroken);
      worker.on("exit", (code) => {
        if (!closed) onBroken(new Error(`its thread ended with code ${code}`));
      });
    },
    hold(held) {
      if (held) worker.ref();
      else worker.unref();
    },
    async close() {
      closed = true;
      await worker.terminate();
    },
  };
}
