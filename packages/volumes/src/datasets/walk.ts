import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { volumeError } from "../errors.js";
import { attempt } from "../node-errors.js";

/** One folder of a tree, with the names of what is in it, sorted. */
export interface FolderEntry {
  readonly folder: string;
  readonly files: readonly string[];
}

/** Exports are a few folders deep (collection, patient, study, series). */
const depthLimit = 12;
/** NLST's largest series have a thousand files; more names than this in one folder are no archive of scans. */
const namesLimit = 1_000_000;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The folders of a tree in the order of their names, each before those inside of it. Links to folders are not followed, so that none comes twice. */
export async function* walkFolders(top: string, depth = 0): AsyncGenerator<FolderEntry> {
  const entries = await attempt(top, () => readdir(top, { withFileTypes: true }));
  if (entries.length > namesLimit)
    throw volumeError("TooLarge", top, `it holds ${entries.length} files and folders, expected at most ${namesLimit} in one folder`);
  const seen = entries.filter(({ name }) => !name.startsWith(".") && name !== "DICOMDIR");
  const names = (wanted: (entry: (typeof seen)[number]) => boolean): string[] =>
    seen
      .filter(wanted)
      .map(({ name }) => name)
      .sort(compare);
  yield { folder: top, files: names((entry) => entry.isFile() || entry.isSymbolicLink()) };
  if (depth >= depthLimit) return;
  for (const name of names((entry) => entry.isDirectory())) yield* walkFolders(join(top, name), depth + 1);
}
