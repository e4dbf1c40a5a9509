import { stat } from "node:fs/promises";
import type { DicomSource } from "./dicom/source.js";
import { readInto } from "./node-bytes.js";
import { attempt } from "./node-errors.js";

/** A file that is opened for each reading, since a thousand open files are more than a process may have. */
export async function fileSource(path: string): Promise<DicomSource> {
  const info = await attempt(path, () => stat(path));
  return {
    path,
    size: info.isFile() ? info.size : 0,
    async read(start, length, memory) {
      const held = Math.max(0, Math.min(length, info.size - start));
      const bytes = memory && held <= memory.length ? memory.subarray(0, held) : new Uint8Array(held);
      return held === 0 ? bytes : bytes.subarray(0, await readInto(path, start, bytes));
    },
  };
}
