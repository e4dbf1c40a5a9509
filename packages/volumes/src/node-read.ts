import { open, stat } from "node:fs/promises";
import { volumeError } from "./errors.js";
import { checkGzip, formatOfContent, headerBeside, isDicom, isGzip, recognizedBytes } from "./formats.js";
import { readAt, readInto, readPart } from "./node-bytes.js";
import { type ReadDicomOptions, readDicom } from "./node-dicom.js";
import { attempt } from "./node-errors.js";
import { inflateCopied, inflateFile, inflateHead } from "./node-inflate.js";
import { afterLines, missingLines, type PartPlace, placePart, skippedLinesLimit } from "./place.js";
import { checkPlan, finishPlan, folderOf, type ReadOptions, type VoxelPart, type VoxelPlan } from "./plan.js";
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
export async function readVolume(path: string, options: ReadOptions & ReadDicomOptions = {}): Promise<Volume> {
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
    const head = gzip
      ? await inflateHead(header, "gzip", format.headBytes)
      : await attempt(header, () => readAt(file, 0, format.headBytes));
    const plan = format.plan(head, header, gzip);
    checkPlan(plan, header, options);
    const places: PartPlace[] = [];
    for (const part of plan.parts) places.push(await findPart(part, plan, header, options));
    const bytes = await readPlaces(places, plan);
    return finishPlan(plan, bytes, header);
  } finally {
    await file.close();
  }
}

/** The first bytes, decompressed where they can be: whatever is wrong with the stream is told by who reads it. */
const gunzipStart = (path: string): Promise<Uint8Array> => inflateHead(path, "gzip", recognizedBytes).catch(() => new Uint8Array(0));

/** Where a part of a plan is on disk. */
async function findPart(part: VoxelPart, plan: VoxelPlan, header: string, options: ReadOptions): Promise<PartPlace> {
  const path = part.file === undefined ? header : folderOf(header) + part.file;
  const { size } = await attempt(path, () => stat(path), header);
  const { start: before, lines = 0 } = part;
  const passed = lines === 0 ? 0 : afterLines(await readPart(path, before, skippedLinesLimit), lines);
  if (passed < 0) throw missingLines(path, lines, before);
  const counted = part.fromEnd && plan.compression !== "none";
  const tail = counted ? await readPart(path, Math.max(0, size - 4), 4) : undefined;
  return placePart(part, plan, { path, bytes: size, start: before + passed, ...(tail && { tail }) }, options);
}

/** The bytes of all places, one after another. */
async function readPlaces(places: readonly PartPlace[], plan: VoxelPlan): Promise<Uint8Array<ArrayBuffer>> {
  const [only] = places;
  if (only && places.length === 1 && plan.compression !== "none" && !plan.text) {
    const { bytes, held } = await inflateFile(only.path, only.start, plan.compression, only);
    checkHeld(held, only, plan);
    return bytes;
  }
  const bytes = new Uint8Array(places.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const place of places) {
    await fill(bytes.subarray(at, at + place.length), place, plan);
    at += place.length;
  }
  return bytes;
}

async function fill(out: Uint8Array, place: PartPlace, plan: VoxelPlan): Promise<void> {
  const { path, start, skip, textBytes } = place;
  const { compression, text, element } = plan;
  if (text) return decodeText(out, await readPart(path, start, textBytes), element, text, { path, offset: start });
  const held = compression === "none" ? await readInto(path, start, out) : await inflateCopied(path, start, compression, skip, out);
  return checkHeld(held, place, plan);
}

/** Refuses a file that turned out shorter than its header promises, or longer where the voxels were counted from its end. */
function checkHeld(held: number, { path, start, skip, length, exact }: PartPlace, { compression }: VoxelPlan): void {
  const end = skip + length;
  if (held < end) throw volumeError("Truncated", path, `it holds ${held} bytes of voxels, the header promises ${end}`, { offset: start });
  if (exact && held > end)
    throw volumeError("Corrupt", path, `its ${compression} stream holds more than the ${end} bytes that it ends by`, { offset: start });
}
