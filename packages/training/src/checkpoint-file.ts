import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.js";
import { checkpointError, isCheckpointError } from "./checkpoint-error.js";

/** Writes a file so that at any moment, a crash included, the path holds the old content or the new one, never a part. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, "w");
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw error;
  }
  // The new name is on disk only when the folder is; Windows has no such call, and its failure loses nothing that was there.
  if (process.platform === "win32") return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * Saves a checkpoint: written under a temporary name beside it, flushed to the disk, then renamed, so that `path` always holds a whole one.
 *
 * @throws RangeError or TypeError of `encodeCheckpoint`; the file system's error, with no temporary file left
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { loadCheckpoint, saveCheckpoint } from "@gleaner/training/node";
 * const path = join(mkdtempSync(join(tmpdir(), "run-")), "last.safetensors");
 * saveCheckpoint(path, { tensors: { w: { dtype: "I32", shape: [1], data: new Int32Array([7]) } }, meta: { step: 1 } });
 * loadCheckpoint(path).meta; // => { step: 1 }
 * ```
 */
export function saveCheckpoint(path: string, checkpoint: Checkpoint): void {
  replaceFile(path, encodeCheckpoint(checkpoint));
}

/**
 * Loads a checkpoint.
 *
 * @param options `maxBytes`: the largest file that is read (default 4 GiB)
 * @throws CheckpointError with the path if it is none; the file system's error
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { isCheckpointError } from "@gleaner/training";
 * import { loadCheckpoint } from "@gleaner/training/node";
 * const path = join(mkdtempSync(join(tmpdir(), "run-")), "cut.safetensors");
 * writeFileSync(path, "cut");
 * let isCut = false;
 * try {
 *   loadCheckpoint(path);
 * } catch (error) {
 *   isCut = isCheckpointError(error, "Truncated");
 * }
 * isCut; // => true
 * ```
 */
export function loadCheckpoint(path: string, options: { maxBytes?: number } = {}): Checkpoint {
  const { maxBytes = 2 ** 32 } = options;
  const { size } = statSync(path);
  if (size > maxBytes) throw checkpointError("TooLarge", `the file has ${size} bytes, at most ${maxBytes} are read`, { path });
  try {
    return decodeCheckpoint(readFileSync(path));
  } catch (error) {
    if (isCheckpointError(error)) throw checkpointError(error.tag, error.message, { path, cause: error });
    throw error;
  }
}
