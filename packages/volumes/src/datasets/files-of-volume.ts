import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { volumeError } from "../errors.js";
import { checkGzip, formatOfContent, headerBeside, isDicom, isGzip, recognizedBytes } from "../formats.js";
import { attempt } from "../node-errors.js";
import { folderOf } from "../plan.js";
import { walkFolders } from "./walk.js";

/** A series has some hundred files; what has more than this should be given in parts. */
const filesLimit = 200_000;

/**
 * The files that a volume is read from: the header first and then those it names, in its order; of a folder, all that are in it and below.
 *
 * Only headers are looked at. A list of files is checked and given back in the order of its names. Rejects with a tagged error (see
 * `isVolumeError`): NotFound where a file is missing, also one that a header names, and what `readVolume` has to say about a header.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { basename, join } from "node:path";
 * import { createVolume } from "@gleaner/volumes";
 * import { volumeFiles, writeVolume } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "volumes-"));
 * await writeVolume(join(folder, "scan.mhd"), createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] }));
 * const files = await volumeFiles(join(folder, "scan.mhd"));
 * await rm(folder, { recursive: true });
 * files.map((path) => basename(path)); // => ["scan.mhd", "scan.zraw"]
 * ```
 */
export async function volumeFiles(path: string | readonly string[]): Promise<string[]> {
  if (typeof path !== "string") {
    const files = [...path].sort();
    for (const file of files) await attempt(file, () => stat(file));
    return files;
  }
  const info = await attempt(path, () => stat(path));
  if (info.isDirectory()) return filesUnder(path);
  const header = headerBeside(path);
  const start = await headOf(header, recognizedBytes);
  if (isDicom(start.bytes, header)) return [header];
  const format = formatOfContent(start.bytes, header);
  checkGzip(format, start.gzip, header);
  const { bytes, gzip } = await headOf(header, format.headBytes);
  const files = [header];
  for (const { file } of format.plan(bytes, header, gzip).parts) {
    const part = file === undefined ? header : folderOf(header) + file;
    if (files.includes(part)) continue;
    await attempt(part, () => stat(part), header);
    files.push(part);
  }
  return files;
}

async function filesUnder(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { folder: place, files: names } of walkFolders(folder)) {
    for (const name of names) files.push(join(place, name));
    if (files.length > filesLimit)
      throw volumeError("TooLarge", folder, `it holds more than ${filesLimit} files, expected those of one scan`);
  }
  return files;
}

/** The first bytes of a file, decompressed where it is a gzip file. */
async function headOf(path: string, most: number): Promise<{ bytes: Uint8Array; gzip: boolean }> {
  return attempt(path, async () => {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(new Uint8Array(most + 1024), 0, most + 1024, 0);
      const bytes = buffer.subarray(0, bytesRead);
      if (!isGzip(bytes)) return { bytes: bytes.subarray(0, most), gzip: false };
      // What is wrong with the stream is told by who reads all of it.
      const head = attemptGunzip(bytes);
      return { bytes: head.subarray(0, most), gzip: true };
    } finally {
      await file.close();
    }
  });
}

/** As much as comes out of the start of a gzip stream. */
function attemptGunzip(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array(0);
  }
}
