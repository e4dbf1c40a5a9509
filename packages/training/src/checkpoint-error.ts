/**
 * What is wrong: `Truncated` the file ends early; `Corrupt` it contradicts itself; `Unsupported` it is sound but holds what is not read
 * here; `TooLarge` it asks for more than the limits.
 */
export type CheckpointErrorTag = "Truncated" | "Corrupt" | "Unsupported" | "TooLarge";

/** An error about the bytes of a checkpoint or of an event log. */
export interface CheckpointError extends Error {
  readonly tag: CheckpointErrorTag;
  /** The file, where there is one. */
  readonly path?: string;
}

/** An error with a tag: plain, since a check by tag holds when two builds of this package are loaded and `instanceof` does not. */
export function checkpointError(
  tag: CheckpointErrorTag,
  message: string,
  options: { path?: string; cause?: unknown } = {},
): CheckpointError {
  const { path, cause } = options;
  const error = new Error(path === undefined ? message : `${path}: ${message}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { name: "CheckpointError", tag, ...(path === undefined ? {} : { path }) });
}

/**
 * Whether an error is about the bytes of a checkpoint or an event log, and, if asked, of one kind.
 *
 * @example
 * ```ts
 * import { decodeCheckpoint, isCheckpointError } from "@gleaner/training";
 * let tag = "";
 * try {
 *   decodeCheckpoint(new Uint8Array([1, 2, 3]));
 * } catch (error) {
 *   if (isCheckpointError(error)) tag = error.tag;
 * }
 * tag; // => "Truncated"
 * ```
 */
export function isCheckpointError(error: unknown, tag?: CheckpointErrorTag): error is CheckpointError {
  if (!(error instanceof Error) || error.name !== "CheckpointError") return false;
  return tag === undefined || (error as CheckpointError).tag === tag;
}
