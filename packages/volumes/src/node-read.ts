import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip, createUnzip } from "node:zlib";
import type { DicomOptions } from "./dicom/load.js";
import { volumeError } from "./errors.js";
import { checkGzip, formatOfContent, headerBeside, isDicom, isGzip, recognizedBytes } from "./formats.js";
import { readDicom } from "./node-dicom.js";
import { attempt, systemError } from "./node-errors.js";
import {
  afterLines,
  type Compression,
  checkPlan,
  finishPlan,
  folderOf,
  missingLines,
  type PartPlace,
  placePart,
  type ReadOptions,
  skippedLinesLimit,
  type VoxelPart,
  type VoxelPlan,
} from "./plan.js";
import { decodeText } from "./text-elements.js";
import type { Volume } from "./volume.js";

/**
 * Reads a volume from a MetaImage (.mhd, .mha), a NIfTI (.nii, .nii.gz, .hdr, .img) or an NRRD file (.nrrd, .nhdr), or from a DICOM file or a folder of them.
 *
 * Compressed files are streamed. Of a folder with several DICOM series `series` names one; `readDicom` also tells what was put right.
 * Rejects with a tagged error (see `isVolumeError`) whose message is one sentence. A header that promises more than its files hold,
 * or more than `maxBytes`, is refused before memory is allocated for it; a header cannot name files outside its own folder.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { createVolume, isVolumeError } from "@gleaner/volumes";
 * import { readVolume, writeVolume } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "volumes-"));
 * await writeVolume(join(folder, "scan.nii.gz"), createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] }));
 * const volume = await readVolume(join(folder, "scan.nii.gz"));
 * const missing = await readVolume(join(folder, "other.nii.gz")).catch((error) => isVolumeError(error, "NotFound"));
 * await rm(folder, { recursive: true });
 * volume.data; // => [-1000, 40]
 * missing; // => true
 * ```
 */
export async function readVolume(path: string, options: ReadOptions & DicomOptions = {}): Promise<Volume> {
  const info = await attempt(path, () => stat(path));
  if (info.isDirectory()) return (await readDicom(path, options)).volume;
  const header = headerBeside(path);
  const file = await attempt(header, () => open(header));
  try {
    const gzip = isGzip(await attempt(header, () => readAt(file, 0, 2)));
    const start = gzip ? await gunzipStart(header) : await attempt(header, () => readAt(file, 0, recognizedBytes));
    if (isDicom(start, header)) return (await readDicom(header, options)).volume;
    const format = formatOfContent(start, header);
    checkGzip(format, gzip, header);
    const head = gzip ? await gunzipHead(header, format.headBytes) : await attempt(header, () => readAt(file, 0, format.headBytes));
    const plan = format.plan(head, header, gzip);
    checkPlan(plan, header, options);
    const places: PartPlace[] = [];
    for (const part of plan.parts) places.push(await findPart(part, plan, header));
    const bytes = new Uint8Array(places.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const place of places) {
      await fill(bytes.subarray(at, at + place.length), place, plan);
      at += place.length;
    }
    return finishPlan(plan, bytes, header);
  } finally {
    await file.close();
  }
}

/** The first bytes, decompressed where they can be: whatever is wrong with the stream is told by who reads it. */
const gunzipStart = (path: string): Promise<Uint8Array> => gunzipHead(path, recognizedBytes).catch(() => new Uint8Array(0));

/** As much of the decompressed start as there is, up to `most` bytes. */
async function gunzipHead(path: string, most: number): Promise<Uint8Array> {
  const head = new Uint8Array(most);
  const length = await stream(path, 0, "gzip", (chunk, at) => {
    head.set(chunk.subarray(0, most - at), at);
    return at + chunk.length < most;
  });
  return head.subarray(0, Math.min(most, length));
}

/** Where a part of a plan is on disk. */
async function findPart(part: VoxelPart, plan: VoxelPlan, header: string): Promise<PartPlace> {
  const path = part.file === undefined ? header : folderOf(header) + part.file;
  const { size } = await attempt(path, () => stat(path), header);
  const { start: before, lines = 0 } = part;
  const passed = lines === 0 ? 0 : afterLines(await readPart(path, before, skippedLinesLimit), lines);
  if (passed < 0) throw missingLines(path, lines, before);
  const counted = part.fromEnd && plan.compression !== "none";
  const tail = counted ? await readPart(path, Math.max(0, size - 4), 4) : undefined;
  return placePart(part, plan, { path, bytes: size, start: before + passed, ...(tail && { tail }) });
}

async function fill(out: Uint8Array, place: PartPlace, { compression, text, element }: VoxelPlan): Promise<void> {
  const { path, start, skip, textBytes, exact } = place;
  if (text) return decodeText(out, await readPart(path, start, textBytes), element, text, { path, offset: start });
  const end = skip + out.length;
  let held: number;
  if (compression === "none") {
    held = await readInto(path, start, out);
  } else {
    held = await stream(path, start, compression, (chunk, at) => {
      const from = Math.max(0, skip - at);
      const to = Math.min(chunk.length, end - at);
      if (to > from) out.set(chunk.subarray(from, to), at + from - skip);
      // At the exact end the stream goes on to its checksum.
      return at + chunk.length <= end;
    });
  }
  if (held < end) throw volumeError("Truncated", path, `it holds ${held} bytes of voxels, the header promises ${end}`, { offset: start });
  if (exact && held > end)
    throw volumeError("Corrupt", path, `its ${compression} stream holds more than the ${end} bytes that it ends by`, { offset: start });
}

/** Some bytes of a file, or as many as there are. */
async function readPart(path: string, start: number, length: number): Promise<Uint8Array> {
  return attempt(path, async () => {
    const file = await open(path);
    try {
      return await readAt(file, start, length);
    } finally {
      await file.close();
    }
  });
}

/** Reads into memory that is there; returns how many bytes there were. */
async function readInto(path: string, start: number, out: Uint8Array): Promise<number> {
  return attempt(path, async () => {
    const file = await open(path);
    try {
      let at = 0;
      while (at < out.length) {
        const { bytesRead } = await file.read(out, at, Math.min(out.length - at, readBytes), start + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return at;
    } finally {
      await file.close();
    }
  });
}

/** The system is asked for this much at once; more than 2 GiB it does not give. */
const readBytes = 2 ** 26;

/** Feeds a decompressed file to `take` until that answers false; returns how many bytes there were. */
async function stream(
  path: string,
  start: number,
  compression: Exclude<Compression, "none">,
  take: (chunk: Uint8Array, at: number) => boolean,
): Promise<number> {
  const source = createReadStream(path, { start, highWaterMark: 2 ** 20 });
  // A gzip stream is told by its magic where a zlib stream is expected.
  const chunks: Readable = source.pipe(compression === "gzip" ? createGunzip({ chunkSize: 2 ** 20 }) : createUnzip({ chunkSize: 2 ** 20 }));
  // A failed source has to end the stream that waits for it.
  source.on("error", (error) => chunks.destroy(error));
  let at = 0;
  try {
    for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
      const more = take(chunk, at);
      at += chunk.length;
      if (!more) break;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR")
      throw volumeError("Truncated", path, `its ${compression} stream ends early, after ${at} bytes`, { offset: start, cause });
    if (code?.startsWith("Z_"))
      throw volumeError("Corrupt", path, `its ${compression} stream does not decode (${message})`, { offset: start, cause });
    throw systemError(path, cause);
  } finally {
    source.destroy();
  }
  return at;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
