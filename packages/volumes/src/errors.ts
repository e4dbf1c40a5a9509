const tags = [
  "NotFound",
  "Unreadable",
  "UnknownFormat",
  "Unsupported",
  "Malformed",
  "Truncated",
  "Corrupt",
  "TooLarge",
  "UnsafePath",
  "Ambiguous",
  "Conflicting",
  "Uneven",
] as const;

/**
 * What went wrong with a file: `NotFound` it is not there, `Unreadable` the system refuses it, `UnknownFormat` no reader knows it,
 * `Unsupported` a reader knows it but not this kind of it, `Malformed` its text or header contradicts the format, `Truncated` it holds
 * less than its header promises, `Corrupt` its compressed bytes do not decode, `TooLarge` it needs more memory than the limit,
 * `UnsafePath` its header names a file outside its own folder, `Ambiguous` there are several volumes and nothing says which one is meant,
 * `Conflicting` slices disagree about the volume they are of, `Uneven` slices leave gaps, are unevenly apart or make a sheared stack.
 */
export type VolumeErrorTag = (typeof tags)[number];

/** A file that could not be read or written: a plain `Error` whose message is one sentence, with data for programs. */
export interface VolumeError extends Error {
  readonly name: "VolumeError";
  readonly tag: VolumeErrorTag;
  /** The file as the caller named it, or the data file its header names. */
  readonly path: string;
  /** The position in the file, in bytes, where it is known. */
  readonly offset?: number;
}

/**
 * Tells whether something that was thrown is an error of this package, and of the tag where one is given.
 *
 * It looks at fields and not at classes, so it also knows errors of another copy of this package.
 *
 * @example
 * ```ts
 * import { isVolumeError, parseMetaImage } from "@gleaner/volumes";
 *
 * let caught: unknown;
 * try {
 *   parseMetaImage(new TextEncoder().encode("DimSize = 1 2"), { path: "scan.mhd" });
 * } catch (error) {
 *   caught = error;
 * }
 * isVolumeError(caught); // => true
 * isVolumeError(caught, "NotFound"); // => false
 * isVolumeError(new Error("something else")); // => false
 * ```
 */
export function isVolumeError(error: unknown, tag?: VolumeErrorTag): error is VolumeError {
  if (typeof error !== "object" || error === null) return false;
  const { name, tag: found } = error as { name?: unknown; tag?: unknown };
  return name === "VolumeError" && tags.includes(found as VolumeErrorTag) && (tag === undefined || tag === found);
}

/** Makes the error; `message` follows the file's name, as in "scan.mhd: DimSize is missing". */
export function volumeError(
  tag: VolumeErrorTag,
  path: string,
  message: string,
  more: { offset?: number; cause?: unknown } = {},
): VolumeError {
  const { offset, cause } = more;
  const error = new Error(`${path}: ${message}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { name: "VolumeError" as const, tag, path, ...(offset === undefined ? {} : { offset }) });
}
