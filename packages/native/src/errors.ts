/** What went wrong, as a word that programs can ask for; the message says it in one sentence. */
export type NativeErrorCode =
  | "unsupported-platform"
  | "old-glibc"
  | "no-python"
  | "no-pip"
  | "no-npm"
  | "no-compiler"
  | "no-room"
  | "download-failed"
  | "no-wheel"
  | "bad-wheel"
  | "compile-failed"
  | "verify-failed"
  | "locked"
  | "not-installed"
  | "broken-cache"
  | "load-failed";

/** An error of this package: a `code` for programs, one sentence for people, and the cause where there is one. */
export class NativeError extends Error {
  override readonly name = "NativeError";
  readonly code: NativeErrorCode;

  constructor(code: NativeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Tells whether an error comes from this package, and optionally whether it has one code.
 *
 * Asks for the name, not for the class, because the ESM and the CommonJS build of this package may live in one process.
 *
 * @example
 * ```ts
 * import { isNativeError, loadNative } from "@gleaner/native";
 * const error = await loadNative({ cache: "/nowhere" }).catch((e) => e);
 * isNativeError(error, "not-installed"); // => true
 * ```
 */
export function isNativeError(error: unknown, code?: NativeErrorCode): error is NativeError {
  if (!(error instanceof Error) || error.name !== "NativeError") return false;
  return code === undefined || (error as NativeError).code === code;
}
