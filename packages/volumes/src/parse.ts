import { anyDicom, type DicomOptions, loadDicom } from "./dicom/load.js";
import { sourcesOf } from "./dicom/source.js";
import { volumeError } from "./errors.js";
import {
  checkGzip,
  type Format,
  formatOfContent,
  headerBeside,
  isGzip,
  isHeader,
  metaImage,
  nifti,
  nrrd,
  recognizedBytes,
} from "./formats.js";
import { inflateInto } from "./inflate.js";
import { afterLines, missingLines, type PartPlace, placePart, skippedLinesLimit } from "./place.js";
import { checkPlan, defaultMaxBytes, finishPlan, folderOf, type ReadOptions, type VoxelPlan } from "./plan.js";
import { decodeText } from "./text-elements.js";
import type { Volume } from "./volume.js";
import { namedBytes, namedFileBytes, type VolumeFileInput, type VolumeFiles, type VolumeInput } from "./volume-files.js";

/** How files in memory are read. */
export interface ParseOptions extends ReadOptions {
  /** The header's name, for messages and to find the files it names; "volume" unless told. */
  path?: string;
  /** The other files. */
  files?: VolumeFiles;
}

/**
 * The volume in some files: MetaImage (.mhd with its .raw or .zraw, .mha), NIfTI (.nii, .nii.gz, .hdr with .img) or NRRD (.nrrd, .nhdr with its data).
 *
 * Formats are told by their first bytes, else by the files' names, so that bytes without a name will do. Without `path` exactly one of the
 * files must be a header. Throws tagged errors, see `isVolumeError`; a header that promises more than the files hold, or more than
 * `maxBytes`, is refused before anything is allocated. Throws a TypeError for what are no bytes; `parseVolumeFiles` takes a browser's files.
 *
 * @example
 * ```ts
 * import { createVolume, formatNrrd, formatVolume, parseVolume } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] });
 * const files = formatVolume(volume, "scan.mhd");
 * Object.keys(files); // => ["scan.zraw", "scan.mhd"]
 * parseVolume(files).data; // => [-1000, 40]
 * parseVolume(formatNrrd(volume)).data; // => [-1000, 40]
 * ```
 */
export function parseVolume(files: VolumeInput, options: Omit<ParseOptions, "files"> = {}): Volume {
  const byName = namedBytes(files);
  const header = headerBeside(options.path ?? onlyHeader(byName));
  const bytes = fileOf(byName, header, header);
  return parseAs(formatOfContent(start(bytes, header), header), bytes, { ...options, path: header, files: byName });
}

/**
 * The volume in files of a browser, as `parseVolume` reads it from bytes: a `File`, a `Blob`, a list of them such as a file input has, or a record.
 *
 * Files of DICOM are read slice by slice, see `parseDicom`, which also tells what was put right. Others are read whole, so give it those of
 * one volume; more than `maxBytes` together are refused. Rejects with tagged errors, see
 * `isVolumeError`, and with a TypeError for what is neither a file nor bytes.
 *
 * @example
 * ```ts
 * import { createVolume, formatVolume, parseVolumeFiles } from "@gleaner/volumes";
 *
 * const files = formatVolume(createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] }), "scan.mhd");
 * const chosen = Object.entries(files).map(([name, bytes]) => new File([bytes as BlobPart], name));
 * const volume = await parseVolumeFiles(chosen);
 * volume.data; // => [-1000, 40]
 * ```
 */
export async function parseVolumeFiles(files: VolumeFileInput, options: Omit<ParseOptions, "files"> & DicomOptions = {}): Promise<Volume> {
  const sources = sourcesOf(files, "parseVolumeFiles");
  if (options.path === undefined && (await anyDicom(sources))) return (await loadDicom(sources, "the files", options)).volume;
  return parseVolume(await namedFileBytes(files, options.maxBytes ?? defaultMaxBytes), options);
}

/**
 * The volume of a MetaImage: an .mha file, or an .mhd file with the files it names.
 *
 * Reads every scalar element type, both byte orders, LOCAL, LIST and printf patterns, HeaderSize, and zlib-compressed data.
 * Throws tagged errors, see `isVolumeError`. Reference: the MetaIO documentation, https://itk.org/Wiki/MetaIO/Documentation.
 *
 * @example
 * ```ts
 * import { parseMetaImage } from "@gleaner/volumes";
 *
 * const header = "NDims = 3\nDimSize = 2 1 1\nElementSpacing = 0.7 0.7 2.5\nElementType = MET_SHORT\nElementDataFile = scan.raw\n";
 * const volume = parseMetaImage(new TextEncoder().encode(header), { files: { "scan.raw": Uint8Array.of(0x18, 0xfc, 40, 0) } });
 * volume.data; // => [-1000, 40]
 * volume.spacingMm; // => [2.5, 0.7, 0.7]
 * ```
 */
export function parseMetaImage(bytes: Uint8Array, options: ParseOptions = {}): Volume {
  return parseAs(metaImage, bytes, options);
}

/**
 * The volume of a NIfTI-1 or NIfTI-2 file, compressed or not, or of an .hdr file with its .img.
 *
 * Stored values are scaled by scl_slope and scl_inter; the sform is used where there is one, else the qform, else the voxel sizes;
 * world coordinates become LPS. Throws tagged errors, see `isVolumeError`. Reference: nifti1.h, https://nifti.nimh.nih.gov/nifti-1.
 *
 * @example
 * ```ts
 * import { createVolume, formatNifti, parseNifti } from "@gleaner/volumes";
 *
 * const bytes = formatNifti(createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2], originMm: [-80, 12, 300] }));
 * const volume = parseNifti(bytes);
 * volume.data; // => [-1000, 40]
 * volume.originMm; // => [-80, 12, 300]
 * ```
 */
export function parseNifti(bytes: Uint8Array, options: ParseOptions = {}): Volume {
  return parseAs(nifti, bytes, options);
}

/**
 * The volume of an NRRD: an attached header with its voxels, or an .nhdr header with the files it names.
 *
 * Reads every scalar type in the encodings raw, gzip, text and hex, both byte orders, LIST and printf patterns, line skip and byte skip;
 * spaces become LPS. Throws tagged errors, see `isVolumeError`. Reference: the NRRD format, https://teem.sourceforge.net/nrrd/format.html.
 *
 * @example
 * ```ts
 * import { parseNrrd } from "@gleaner/volumes";
 *
 * const header = "NRRD0004\ntype: short\ndimension: 3\nspace: RAS\nsizes: 2 1 1\nspace directions: (-0.7,0,0) (0,-0.7,0) (0,0,2.5)\nencoding: text\n\n";
 * const volume = parseNrrd(new TextEncoder().encode(`${header}-1000 40`));
 * volume.data; // => [-1000, 40]
 * volume.spacingMm; // => [2.5, 0.7, 0.7]
 * volume.direction; // => [1, 0, 0, 0, 1, 0, 0, 0, 1]
 * ```
 */
export function parseNrrd(bytes: Uint8Array, options: ParseOptions = {}): Volume {
  return parseAs(nrrd, bytes, options);
}

function parseAs(format: Format, bytes: Uint8Array, options: ParseOptions): Volume {
  const { path = "volume" } = options;
  const gzip = isGzip(bytes);
  checkGzip(format, gzip, path);
  const head = gzip ? gunzipHead(bytes, format.headBytes, path) : bytes.subarray(0, format.headBytes);
  const plan = format.plan(head, path, gzip);
  checkPlan(plan, path, options);
  return finishPlan(plan, gather(plan, path, bytes, options), path);
}

/** The first bytes, decompressed where they can be. */
function start(bytes: Uint8Array, path: string): Uint8Array {
  if (!isGzip(bytes)) return bytes.subarray(0, recognizedBytes);
  try {
    return gunzipHead(bytes, recognizedBytes, path);
  } catch {
    // Whatever is wrong with the stream is told by who reads it.
    return new Uint8Array(0);
  }
}

/** As much of the start as there is; a short file is the plan's business. */
function gunzipHead(bytes: Uint8Array, most: number, path: string): Uint8Array {
  for (const length of [most, 348]) {
    const head = new Uint8Array(length);
    try {
      inflateInto(head, bytes, "gzip", 0, path);
      return head;
    } catch (error) {
      if (length === 348) throw error;
    }
  }
  return new Uint8Array(0);
}

function gather(plan: VoxelPlan, path: string, own: Uint8Array, options: ParseOptions): Uint8Array<ArrayBuffer> {
  const parts = plan.parts.map((part) => {
    const name = part.file === undefined ? path : folderOf(path) + part.file;
    const bytes = part.file === undefined ? own : fileOf(options.files ?? {}, name, path);
    const { start: before, lines = 0 } = part;
    const passed = lines === 0 ? 0 : afterLines(bytes.subarray(before, before + skippedLinesLimit), lines);
    if (passed < 0) throw missingLines(name, lines, before);
    const place = placePart(part, plan, { path: name, bytes: bytes.length, start: before + passed, tail: bytes.subarray(-4) }, options);
    return { place, bytes };
  });
  const out = new Uint8Array(parts.reduce((sum, { place }) => sum + place.length, 0));
  let at = 0;
  for (const { place, bytes } of parts) {
    fill(out.subarray(at, at + place.length), bytes, place, plan);
    at += place.length;
  }
  return out;
}

function fill(out: Uint8Array, bytes: Uint8Array, place: PartPlace, { compression, text, element }: VoxelPlan): void {
  const { path, start: offset, length, skip, textBytes, exact } = place;
  if (text) decodeText(out, bytes.subarray(offset, offset + textBytes), element, text, { path, offset });
  else if (compression === "none") out.set(bytes.subarray(offset, offset + length));
  else inflateInto(out, bytes.subarray(offset), compression, skip, path, exact);
}

function fileOf(files: VolumeFiles, name: string, header: string): Uint8Array {
  const found = Object.hasOwn(files, name) ? files[name] : undefined;
  if (found) return found;
  const who = name === header ? "it is not among the files" : `${header} names it, but it is not among the files`;
  throw volumeError("NotFound", name, `${who} (${Object.keys(files).slice(0, 5).join(", ") || "there are none"})`);
}

function onlyHeader(files: VolumeFiles): string {
  const names = Object.keys(files);
  if (names.length === 1) return names[0]!;
  const named = names.filter((name) => /\.(mh[ad]|nii(\.gz)?|hdr(\.gz)?|nrrd|nhdr)$/i.test(name));
  const headers = named.length > 0 ? named : names.filter((name) => isHeader(start(files[name]!, name)));
  if (headers.length === 1) return headers[0]!;
  const found = headers.length === 0 ? `none of ${names.slice(0, 5).join(", ") || "no files"}` : headers.slice(0, 5).join(", ");
  throw volumeError(
    "UnknownFormat",
    headers[0] ?? names[0] ?? "volume",
    `expected one header (.mhd, .mha, .nii, .nii.gz, .hdr, .nrrd or .nhdr) among the files, found ${found}`,
  );
}
