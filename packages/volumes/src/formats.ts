import { volumeError } from "./errors.js";
import type { FileLayout, FormatOptions } from "./file-layout.js";
import { metaHeaderLimit } from "./metaimage-header.js";
import { layoutMetaImage } from "./metaimage-layout.js";
import { isMetaImage, planMetaImage } from "./metaimage-plan.js";
import { layoutNifti } from "./nifti-layout.js";
import { isNifti, niftiHeadBytes, planNifti } from "./nifti-plan.js";
import { nrrdHeaderLimit } from "./nrrd-header.js";
import { layoutNrrd } from "./nrrd-layout.js";
import { isNrrd, planNrrd } from "./nrrd-plan.js";
import type { VoxelPlan } from "./plan.js";
import type { Volume } from "./volume.js";

/** One file format: a row of the list that all reading and writing goes through. */
export interface Format {
  readonly name: string;
  /** The file that holds the header of the volume that `path` names, or undefined where it is not of this format. */
  headerOf(path: string): string | undefined;
  /** Whether a file's first bytes (decompressed) are of this format, whatever its name is. */
  recognizes(head: Uint8Array): boolean;
  /** Whether the whole file may be compressed with gzip. */
  readonly gzip: boolean;
  /** How many bytes from the start of the file (decompressed) are enough for `plan`. */
  readonly headBytes: number;
  plan(head: Uint8Array, path: string, gzip: boolean): VoxelPlan;
  layout(volume: Volume, path: string, options: FormatOptions): FileLayout;
}

export const metaImage: Format = {
  name: "MetaImage",
  headerOf: (path) => (/\.mh[ad]$/i.test(path) ? path : undefined),
  recognizes: isMetaImage,
  gzip: false,
  headBytes: metaHeaderLimit,
  plan: planMetaImage,
  layout: layoutMetaImage,
};

export const nifti: Format = {
  name: "NIfTI",
  headerOf: (path) => (/\.(nii|hdr|img)(\.gz)?$/i.test(path) ? path.replace(/\.img(\.gz)?$/i, ".hdr$1") : undefined),
  recognizes: isNifti,
  gzip: true,
  headBytes: niftiHeadBytes,
  plan: planNifti,
  layout: layoutNifti,
};

export const nrrd: Format = {
  name: "NRRD",
  headerOf: (path) => (/\.(nrrd|nhdr)$/i.test(path) ? path : undefined),
  recognizes: isNrrd,
  gzip: false,
  headBytes: nrrdHeaderLimit,
  plan: planNrrd,
  layout: layoutNrrd,
};

const dicomEnding = /\.(dcm|dicom|ima)$/i;
const formats: readonly Format[] = [metaImage, nifti, nrrd];

/** Enough of a file's start for every format to be told by. */
export const recognizedBytes: number = niftiHeadBytes;

/** The format that a name belongs to. Throws Unsupported for formats that are known but not read, UnknownFormat for others. */
export function formatOf(path: string): Format {
  const format = formats.find((candidate) => candidate.headerOf(path) !== undefined);
  if (format) return format;
  if (dicomEnding.test(path)) throw volumeError("Unsupported", path, "a DICOM file, which parseDicom (or readVolume) reads");
  if (/\.z?raw$/i.test(path))
    throw volumeError("UnknownFormat", path, "it holds voxels without their header, expected the .mhd file that names it");
  throw volumeError("UnknownFormat", path, "its name has no known ending, expected .mhd, .mha, .nii, .nii.gz, .hdr, .img, .nrrd or .nhdr");
}

/** The format of a file by its first bytes (decompressed) where they tell, else by its name. Throws as `formatOf` does. */
export const formatOfContent = (head: Uint8Array, path: string): Format =>
  formats.find((format) => format.recognizes(head)) ?? formatOf(path);

/** Whether bytes start as a header of any format. */
export const isHeader = (head: Uint8Array): boolean => formats.some((format) => format.recognizes(head));

/** The file whose header belongs to `path`, where a name alone tells that it is another one: the .hdr of an .img. */
export const headerBeside = (path: string): string =>
  formats.map((format) => format.headerOf(path)).find((header) => header !== undefined) ?? path;

/** Whether a file is DICOM, by its first bytes or its name: its slices are read by `readDicom` and `parseDicom`, not by a plan. */
export const isDicom = (head: Uint8Array, path: string): boolean =>
  dicomEnding.test(path) || String.fromCharCode(...head.subarray(128, 132)) === "DICM";

/** Refuses a compressed file of a format whose files are not compressed as a whole. */
export function checkGzip(format: Format, gzip: boolean, path: string): void {
  if (gzip && !format.gzip)
    throw volumeError("Unsupported", path, `the whole file is compressed with gzip, expected a ${format.name} whose voxels are at most`);
}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
