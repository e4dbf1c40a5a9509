import type { Compression } from "./plan.js";

/** The files that a volume becomes: what is to be compressed, and how the result is put together. */
export interface FileLayout {
  /** The bytes that are compressed (or not) as one stream. */
  readonly payload: readonly Uint8Array[];
  readonly compression: Compression;
  /** The files, in the order in which they are put in place, from the compressed payload. */
  assemble(packed: readonly Uint8Array[]): { path: string; chunks: readonly Uint8Array[] }[];
}

/** How volumes are written. */
export interface FormatOptions {
  /** Whether the voxels of a MetaImage or an NRRD are compressed; true unless told. NIfTI goes by the name: .nii.gz is, .nii is not. */
  compressed?: boolean;
}
