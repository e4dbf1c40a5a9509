import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";
import { type CompressedFrame, createFrameDecoder, type FrameDecoder } from "./dicom/decode-frame.js";
import type { CodecFault } from "./dicom/rle.js";

type Decoded = Uint8Array<ArrayBuffer> | CodecFault;
/** A frame that a thread has and what its answer goes to. */
interface Pending {
  readonly frame: CompressedFrame;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly resolve: (decoded: Decoded | Promise<Decoded>) => void;
}

/** So many frames are decoded here before threads are started, which takes as long as a few frames and some 80 MB of memory each. */
const framesBefore = 8;

const stopped: CodecFault = { fault: "its decoding was stopped" };

/** What a machine has, up to 4; a thread that is one of several does its own work. */
export const defaultDecodeThreads = (): number => (isMainThread ? Math.min(4, availableParallelism()) : 1);

/**
 * A decoder that has `count` threads, started after some frames; `close` ends them.
 *
 * Threads run the built script; where only sources are, for `count` 1 and for RLE, this thread decodes. It also takes over the frames of a
 * thread that ends. The pixels are the same wherever they are decoded.
 */
export function createThreadedDecoder(
  count: number,
  script: string = fileURLToPath(new URL("./node-dicom-worker.js", import.meta.url)),
): FrameDecoder & { close(): Promise<void> } {
  const own = createFrameDecoder();
  const threads: { worker: Worker; pending: Map<number, Pending> }[] = [];
  const most = count > 1 && existsSync(script) ? count : 0;
  let [frames, closed] = [0, false];

  const start = (): void => {
    const pending = new Map<number, Pending>();
    // Without the flags of this process, which may not be for threads.
    const worker = new Worker(script, { execArgv: [] });
    const thread = { worker, pending };
    worker.on("message", ({ id, decoded }: { id: number; decoded: Decoded }) => {
      pending.get(id)?.resolve(decoded);
      pending.delete(id);
    });
    // The end of the thread follows.
    worker.on("error", () => {});
    worker.on("exit", () => {
      threads.splice(threads.indexOf(thread), 1);
      for (const { frame, bytes, resolve } of pending.values()) resolve(closed ? stopped : own.decode(frame, bytes));
    });
    threads.push(thread);
  };

  return {
    decode(frame, bytes) {
      // What is still on its way when a slice has failed is not wanted any more.
      if (closed) return Promise.resolve(stopped);
      // Runs of bytes are unpacked sooner than they are sent.
      if (frame.packing === "rle") return own.decode(frame, bytes);
      const id = frames++;
      if (id === framesBefore) for (let i = 0; i < most; i++) start();
      const [least] = [...threads].sort((a, b) => a.pending.size - b.pending.size);
      if (!least) return own.decode(frame, bytes);
      return new Promise((resolve) => {
        least.pending.set(id, { frame, bytes, resolve });
        const copy = bytes.slice();
        least.worker.postMessage({ id, frame, bytes: copy }, [copy.buffer]);
      });
    },
    async close() {
      closed = true;
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
