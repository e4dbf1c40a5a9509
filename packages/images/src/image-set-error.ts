const tags = ["NotFound", "Unsupported", "Malformed", "Truncated", "Corrupt", "TooLarge"] as const;

/**
 * What went wrong with a file: `NotFound` it is not there, `Unsupported` it is of the format but not of the kind that is read,
 * `Malformed` its header or text contradicts the format, `Truncated` it holds less than it promises, `Corrupt` its compressed bytes do not
 * decode, `TooLarge` it needs more memory than the limit.
 */
export type ImageSetErrorTag = (typeof tags)[number];

/** A file of an image set that could not be read: a plain `Error` whose message is one sentence, with data for programs. */
export interface ImageSetError extends Error {
  readonly name: "ImageSetError";
  readonly tag: ImageSetErrorTag;
  /** The file as the caller named it. */
  readonly path: string;
}

/** Makes the error; the message follows the file's name. */
export function imageSetError(tag: ImageSetErrorTag, path: string, message: string, cause?: unknown): ImageSetError {
  const error = new Error(`${path}: ${message}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { name: "ImageSetError" as const, tag, path });
}

/**
 * Tells whether something that was thrown is an error of this package, and of the tag where one is given. It looks at fields and not at
 * classes, so it also knows errors of another copy of this package.
 *
 * @example
 * ```ts
 * import { isImageSetError, parseIdx } from "@gleaner/images";
 * let caught: unknown;
 * try {
 *   parseIdx(new Uint8Array([0, 0, 8]), { path: "labels-idx1-ubyte" });
 * } catch (error) {
 *   caught = error;
 * }
 * isImageSetError(caught, "Truncated"); // => true
 * isImageSetError(new Error("something else")); // => false
 * ```
 */
export function isImageSetError(error: unknown, tag?: ImageSetErrorTag): error is ImageSetError {
  if (typeof error !== "object" || error === null) return false;
  const { name, tag: found } = error as { name?: unknown; tag?: unknown };
  return name === "ImageSetError" && tags.includes(found as ImageSetErrorTag) && (tag === undefined || tag === found);
}

/** How a file is called in errors. */
export interface ParseOptions {
  /** The name of the file in messages (default `"the file"`). */
  path?: string;
}

/** More elements than any known set has (STL-10's unlabeled images: 2.8 · 10⁹ bytes), and as many as one typed array surely holds. */
export const maxElements: number = 2 ** 32;
