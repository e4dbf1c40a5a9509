import { gzipSync, zlibSync } from "fflate";
import type { FileLayout, FormatOptions } from "./file-layout.js";
import { type Format, formatOf, metaImage, nifti, nrrd } from "./formats.js";
import type { Volume } from "./volume.js";
import type { VolumeFiles } from "./volume-files.js";

/**
 * The files of a volume, by name: `scan.mhd` gives scan.mhd and scan.zraw, `scan.nii.gz` one compressed file,
 * `scan.hdr` a pair, `scan.nrrd` one file and `scan.nhdr` a header with scan.raw.gz.
 *
 * World coordinates are kept; NIfTI keeps them as 32-bit floats. Throws tagged errors for names of no known format.
 *
 * @example
 * ```ts
 * import { createVolume, formatVolume } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] });
 * Object.keys(formatVolume(volume, "scan.mhd", { compressed: false })); // => ["scan.raw", "scan.mhd"]
 * Object.keys(formatVolume(volume, "scan.nii.gz")); // => ["scan.nii.gz"]
 * ```
 */
export function formatVolume(volume: Volume, name: string, options: FormatOptions = {}): VolumeFiles {
  return filesOf(formatOf(name), volume, name, options);
}

/**
 * The bytes of an .mha file, compressed unless told otherwise.
 *
 * @example
 * ```ts
 * import { createVolume, formatMetaImage } from "@gleaner/volumes";
 *
 * const bytes = formatMetaImage(createVolume({ data: Uint8Array.of(1, 0), shape: [1, 1, 2] }), { compressed: false });
 * new TextDecoder().decode(bytes).split("\n")[10]; // => "ElementType = MET_UCHAR"
 * ```
 */
export function formatMetaImage(volume: Volume, options: FormatOptions = {}): Uint8Array {
  return filesOf(metaImage, volume, "volume.mha", options)["volume.mha"]!;
}

/**
 * The bytes of a NIfTI-1 file, as .nii.gz where `compressed` is true.
 *
 * @example
 * ```ts
 * import { createVolume, formatNifti } from "@gleaner/volumes";
 *
 * formatNifti(createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] })).length; // => 356
 * ```
 */
export function formatNifti(volume: Volume, { compressed = false }: FormatOptions = {}): Uint8Array {
  const name = compressed ? "volume.nii.gz" : "volume.nii";
  return filesOf(nifti, volume, name, {})[name]!;
}

/**
 * The bytes of an .nrrd file, compressed with gzip unless told otherwise.
 *
 * @example
 * ```ts
 * import { createVolume, formatNrrd } from "@gleaner/volumes";
 *
 * const bytes = formatNrrd(createVolume({ data: Uint8Array.of(1, 0), shape: [1, 1, 2] }), { compressed: false });
 * new TextDecoder().decode(bytes).split("\n")[1]; // => "type: uint8"
 * ```
 */
export function formatNrrd(volume: Volume, options: FormatOptions = {}): Uint8Array {
  return filesOf(nrrd, volume, "volume.nrrd", options)["volume.nrrd"]!;
}

function filesOf(format: Format, volume: Volume, name: string, options: FormatOptions): VolumeFiles {
  const layout = format.layout(volume, name, options);
  return Object.fromEntries(layout.assemble([pack(layout)]).map(({ path, chunks }) => [path, joined(chunks)]));
}

function pack({ payload, compression }: FileLayout): Uint8Array {
  const bytes = joined(payload);
  if (compression === "none") return bytes;
  return compression === "zlib" ? zlibSync(bytes) : gzipSync(bytes, { mtime: 0 });
}

/** The chunks one after another, in memory of their own. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
