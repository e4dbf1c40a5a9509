import { volumeError } from "./errors.js";
import type { FileLayout, FormatOptions } from "./file-layout.js";
import { metaHeaderLimit } from "./metaimage-header.js";
import { layoutMetaImage } from "./metaimage-layout.js";
import { planMetaImage } from "./metaimage-plan.js";
import { layoutNifti } from "./nifti-layout.js";
import { niftiHeadBytes, planNifti } from "./nifti-plan.js";
import type { VoxelPlan } from "./plan.js";
import type { Volume } from "./volume.js";

/** One file format: a row of the list that all reading and writing goes through. */
export interface Format {
  readonly name: string;
  /** The file that holds the header of the volume that `path` names, or undefined where it is not of this format. */
  headerOf(path: string): string | undefined;
  /** How many bytes from the start of the file (decompressed) are enough for `plan`. */
  readonly headBytes: number;
  plan(head: Uint8Array, path: string, gzip: boolean): VoxelPlan;
  layout(volume: Volume, path: string, options: FormatOptions): FileLayout;
}

export const metaImage: Format = {
  name: "MetaImage",
  headerOf: (path) => (/\.mh[ad]$/i.test(path) ? path : undefined),
  headBytes: metaHeaderLimit,
  plan: planMetaImage,
  layout: layoutMetaImage,
};

export const nifti: Format = {
  name: "NIfTI",
  headerOf: (path) => (/\.(nii|hdr|img)(\.gz)?$/i.test(path) ? path.replace(/\.img(\.gz)?$/i, ".hdr$1") : undefined),
  headBytes: niftiHeadBytes,
  plan: planNifti,
  layout: layoutNifti,
};

const formats: readonly Format[] = [metaImage, nifti];

/** The format that a name belongs to. Throws Unsupported for formats that are known but not read, UnknownFormat for others. */
export function formatOf(path: string): Format {
  const format = formats.find((candidate) => candidate.headerOf(path) !== undefined);
  if (format) return format;
  if (/\.(dcm|dicom|ima)$/i.test(path)) throw dicomError(path, "a DICOM file");
  if (/\.(nrrd|nhdr)$/i.test(path))
    throw volumeError("Unsupported", path, "NRRD is not read yet, expected MetaImage (.mhd, .mha) or NIfTI (.nii, .nii.gz, .hdr)");
  if (/\.z?raw$/i.test(path))
    throw volumeError("UnknownFormat", path, "it holds voxels without their header, expected the .mhd file that names it");
  throw volumeError("UnknownFormat", path, "its name has no known ending, expected .mhd, .mha, .nii, .nii.gz, .hdr or .img");
}

/** DICOM is recognized so that the answer can be clear. */
export const dicomError = (path: string, what: string): Error =>
  volumeError("Unsupported", path, `${what}; DICOM is not read yet, expected MetaImage (.mhd, .mha) or NIfTI (.nii, .nii.gz, .hdr)`);

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
