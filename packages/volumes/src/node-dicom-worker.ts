import { parentPort } from "node:worker_threads";
import { type CompressedFrame, createFrameDecoder } from "./dicom/decode-frame.js";

/** Decodes one frame after another for node-dicom-threads.ts; the pixels change hands without a copy. */
const decoder = createFrameDecoder();
parentPort?.on("message", async ({ id, frame, bytes }: { id: number; frame: CompressedFrame; bytes: Uint8Array<ArrayBuffer> }) => {
  const decoded = await decoder.decode(frame, bytes);
  parentPort?.postMessage({ id, decoded }, "fault" in decoded ? [] : [decoded.buffer]);
});
