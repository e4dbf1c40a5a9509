/** Why an engine cannot be used: one sentence, and another one on how to get it where that is known. */
export interface EngineError extends Error {
  name: "EngineError";
  /** What to do about it. */
  how?: string;
}

export function engineError(message: string, details: { how?: string; cause?: unknown } = {}): EngineError {
  const error = new Error(message, "cause" in details ? { cause: details.cause } : {});
  return Object.assign(error, { name: "EngineError" as const }, details.how === undefined ? {} : { how: details.how });
}

/**
 * Whether an error says that an engine cannot be used here; its message is one sentence for the user.
 *
 * @example
 * ```ts
 * import { isEngineError } from "@gleaner/engine";
 * isEngineError(new Error("anything else")); // => false
 * ```
 */
export const isEngineError = (error: unknown): error is EngineError => error instanceof Error && error.name === "EngineError";

/** The first line of what went wrong, without a period at its end, to go into a sentence. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0]!.trim().replace(/\.$/, "");
