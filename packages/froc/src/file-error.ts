const tags = ["NotFound", "Unreadable", "MissingColumn", "Malformed", "Corrupt"] as const;

/**
 * What went wrong with a file: `NotFound` it is not there, `Unreadable` the system refuses it, `MissingColumn` its header lacks a column,
 * `Malformed` a row is not what the header promises, `Corrupt` its gzip data does not decode.
 */
export type FrocFileErrorTag = (typeof tags)[number];

/** A table that could not be read: a plain `Error` whose message is one sentence, with data for programs. */
export interface FrocFileError extends Error {
  readonly name: "FrocFileError";
  readonly tag: FrocFileErrorTag;
  readonly path: string;
  /** The line, counted from 1, where it is known. */
  readonly line?: number;
}

/**
 * Tells whether something that was thrown is a reading error of this package, and of the tag where one is given.
 *
 * @example
 * ```ts
 * import { isFrocFileError, parseFindings } from "@gleaner/froc";
 *
 * let caught: unknown;
 * try {
 *   parseFindings("seriesuid,coordX,coordY\na,1,2\n", "annotations.csv");
 * } catch (error) {
 *   caught = error;
 * }
 * isFrocFileError(caught, "MissingColumn"); // => true
 * ```
 */
export function isFrocFileError(error: unknown, tag?: FrocFileErrorTag): error is FrocFileError {
  if (typeof error !== "object" || error === null) return false;
  const { name, tag: found } = error as { name?: unknown; tag?: unknown };
  return name === "FrocFileError" && tags.includes(found as FrocFileErrorTag) && (tag === undefined || tag === found);
}

/** Makes the error; `message` follows the file's name and line. */
export function fileError(
  tag: FrocFileErrorTag,
  path: string,
  message: string,
  more: { line?: number; cause?: unknown } = {},
): FrocFileError {
  const { line, cause } = more;
  const error = new Error(`${path}${line === undefined ? "" : `, line ${line}`}: ${message}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { name: "FrocFileError" as const, tag, path, ...(line === undefined ? {} : { line }) });
}
