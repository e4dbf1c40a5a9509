import { resolve, sep } from "node:path";
import { inputError } from "../errors.js";

/** Each run by the end of its path that tells it from the others. */
export function nameRuns(folders: readonly string[]): string[] {
  const paths = folders.map((folder) => resolve(folder).split(sep).filter(Boolean));
  const again = folders.find((folder, i) => folders.slice(0, i).some((other) => resolve(other) === resolve(folder)));
  if (again !== undefined) throw inputError(`${again} is given twice; expected each run once`);
  const deepest = Math.max(...paths.map((parts) => parts.length));
  for (let length = 1; length < deepest; length++) {
    const names = paths.map((parts) => parts.slice(-length).join("/"));
    if (new Set(names).size === names.length) return names;
  }
  return paths.map((parts) => parts.join("/"));
}
