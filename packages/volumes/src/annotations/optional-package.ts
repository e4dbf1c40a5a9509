import { volumeError } from "../errors.js";

/** Loads a package that only some callers need, or says how to get it. */
export async function loadOptional<T>(load: () => Promise<T>, name: string, path: string, purpose: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw volumeError("Unsupported", path, `${purpose} takes the package ${name}, which could not be loaded (npm install ${name})`, {
      cause,
    });
  }
}
