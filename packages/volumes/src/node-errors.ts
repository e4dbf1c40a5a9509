import { isVolumeError, volumeError } from "./errors.js";

/** Runs a call of the file system and turns its errors into ours. */
export async function attempt<T>(path: string, work: () => Promise<T>, namedBy?: string): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw systemError(path, cause, namedBy);
  }
}

/** An error of the file system as one of ours. */
export function systemError(path: string, cause: unknown, namedBy?: string): Error {
  if (isVolumeError(cause)) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === "ENOENT" || code === "ENOTDIR";
  const why = missing ? "there is no such file" : `it cannot be read (${code ?? message})`;
  return volumeError(missing ? "NotFound" : "Unreadable", path, namedBy && namedBy !== path ? `${why}; ${namedBy} names it` : why, {
    cause,
  });
}
