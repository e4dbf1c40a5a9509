import { type Dirent, readdirSync } from "node:fs";
import { systemError } from "../node-errors.js";

/** The names in a folder that are wanted, sorted. Throws tagged errors for a folder that is not there. */
export function namesIn(folder: string, wanted: (entry: Dirent) => boolean): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter(wanted)
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw systemError(folder, cause);
  }
}
