/** An error whose message is one sentence for the user, with the exit code of the command: 2 the call or the input is wrong, 1 the work failed. */
interface UserError extends Error {
  readonly exitCode: 1 | 2;
}

// Plain errors with a tag instead of classes, as in the packages: a check by tag holds across builds, `instanceof` does not.
const userError = (name: string, exitCode: 1 | 2, message: string, cause: unknown): UserError =>
  Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { name, exitCode });

/** The call or the input is wrong: one sentence naming file, value and expectation; exit code 2. */
export const inputError = (message: string, cause?: unknown): UserError => userError("InputError", 2, message, cause);

/** The work could not be done although the call was right (no space, no engine): one sentence; exit code 1. */
export const workError = (message: string, cause?: unknown): UserError => userError("WorkError", 1, message, cause);

const isUserError = (error: unknown): error is UserError =>
  error instanceof Error && "exitCode" in error && (error.exitCode === 1 || error.exitCode === 2);

/** Readers of the packages throw errors with a string `tag`; what they complain about is always the input. */
const isReaderError = (error: unknown): error is Error => error instanceof Error && "tag" in error && typeof error.tag === "string";

/** The native engine could not be paired or loaded: the call was right, the work failed. */
const isNativeError = (error: unknown): error is Error => error instanceof Error && error.name === "NativeError";

const isAbortError = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

/** A disk without room is no fault of the input. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EROFS");

const ofFileSystem: Record<string, (path: string) => UserError> = {
  ENOENT: (path) => inputError(`${path} does not exist`),
  ENOTDIR: (path) => inputError(`a part of ${path} is a file where a folder was expected`),
  EISDIR: (path) => inputError(`${path} is a folder where a file was expected`),
  EACCES: (path) => inputError(`${path} may not be opened with the rights of this user`),
  EROFS: (path) => workError(`${path} is on a file system that cannot be written`),
  ENOSPC: (path) => workError(`there is no space left to write ${path}`),
};

/** What the user is told about anything that was thrown: one sentence where we know what happened, the stack where we do not. */
export function explainError(error: unknown): { text: string; exitCode: number } {
  if (isUserError(error)) return { text: error.message, exitCode: error.exitCode };
  if (isAbortError(error)) return { text: "stopped", exitCode: 130 };
  if (isReaderError(error)) return { text: error.message, exitCode: isFull(error.cause) ? 1 : 2 };
  if (isNativeError(error)) return { text: error.message, exitCode: 1 };
  if (error instanceof Error && "code" in error && "path" in error) {
    const known = ofFileSystem[String(error.code)]?.(String(error.path));
    if (known) return { text: known.message, exitCode: known.exitCode };
  }
  return { text: error instanceof Error ? (error.stack ?? String(error)) : String(error), exitCode: 1 };
}
