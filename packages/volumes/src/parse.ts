import { volumeError } from "./errors.js";
import { type Format, formatOf, isGzip, metaImage, nifti } from "./formats.js";
import { inflateInto } from "./inflate.js";
import { checkPart, checkPlan, finishPlan, folderOf, type ReadOptions, type VoxelPlan } from "./plan.js";
import type { Volume } from "./volume.js";

/** Files by name, as a browser gets them from a file input; names may hold folders, with slashes. */
export type VolumeFiles = Readonly<Record<string, Uint8Array>>;

/** How files in memory are read. */
export interface ParseOptions extends ReadOptions {
  /** The header's name, for messages and to find the files it names; "volume" unless told. */
  path?: string;
  /** The other files. */
  files?: VolumeFiles;
}

/**
 * The volume in some files: MetaImage (.mhd with its .raw or .zraw, .mha) or NIfTI (.nii, .nii.gz, .hdr with .img).
 *
 * Without `path` exactly one of the names must be a header. Throws tagged errors, see `isVolumeError`; a header that promises
 * more than the files hold, or more than `maxBytes`, is refused before anything is allocated.
 *
 * @example
 * ```ts
 * import { createVolume, formatVolume, parseVolume } from "@gleaner/volumes";
 *
 * const files = formatVolume(createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] }), "scan.mhd");
 * Object.keys(files); // => ["scan.zraw", "scan.mhd"]
 * parseVolume(files).data; // => [-1000, 40]
 * ```
 */
export function parseVolume(files: VolumeFiles, options: Omit<ParseOptions, "files"> = {}): Volume {
  const path = options.path ?? onlyHeader(Object.keys(files));
  const format = formatOf(path);
  const header = format.headerOf(path) ?? path;
  return parseAs(format, fileOf(files, header, header), { ...options, path: header, files });
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

function parseAs(format: Format, bytes: Uint8Array, options: ParseOptions): Volume {
  const { path = "volume", files = {} } = options;
  const gzip = isGzip(bytes);
  const head = gzip ? gunzipHead(bytes, format.headBytes, path) : bytes.subarray(0, format.headBytes);
  const plan = format.plan(head, path, gzip);
  checkPlan(plan, path, options);
  return finishPlan(plan, gather(plan, path, bytes, files), path);
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

function gather(plan: VoxelPlan, path: string, own: Uint8Array, files: VolumeFiles): Uint8Array<ArrayBuffer> {
  const parts = plan.parts.map((part) => {
    const name = part.file === undefined ? path : folderOf(path) + part.file;
    const bytes = part.file === undefined ? own : fileOf(files, name, path);
    return { ...part, name, bytes, start: checkPart(part, plan.compression, name, bytes.length) };
  });
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { name, bytes, start, skip, length } of parts) {
    const target = out.subarray(at, at + length);
    if (plan.compression === "none") target.set(bytes.subarray(start, start + length));
    else inflateInto(target, bytes.subarray(start), plan.compression, skip, name);
    at += length;
  }
  return out;
}

function fileOf(files: VolumeFiles, name: string, header: string): Uint8Array {
  const found = Object.hasOwn(files, name) ? files[name] : undefined;
  if (found) return found;
  const who = name === header ? "it is not among the files" : `${header} names it, but it is not among the files`;
  throw volumeError("NotFound", name, `${who} (${Object.keys(files).slice(0, 5).join(", ") || "there are none"})`);
}

function onlyHeader(names: string[]): string {
  const headers = names.filter((name) => /\.(mh[ad]|nii(\.gz)?|hdr(\.gz)?)$/i.test(name));
  if (headers.length === 1) return headers[0]!;
  if (headers.length === 0 && names.length === 1) return names[0]!;
  const found = headers.length === 0 ? `none of ${names.slice(0, 5).join(", ") || "no files"}` : headers.slice(0, 5).join(", ");
  throw volumeError(
    "UnknownFormat",
    headers[0] ?? names[0] ?? "volume",
    `expected one header (.mhd, .mha, .nii, .nii.gz or .hdr) among the files, found ${found}`,
  );
}
