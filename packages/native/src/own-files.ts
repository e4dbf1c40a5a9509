import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder `native/` of this package with the C++ sources, seen from `src` as from `dist`. */
export function ownSources(): { folder: string; files: string[] } {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "native");
  if (!existsSync(folder)) throw new Error(`@gleaner/native is not whole: ${folder} is missing.`);
  return {
    folder,
    files: readdirSync(folder)
      .filter((name) => /\.(cc|h)$/.test(name))
      .sort(),
  };
}

/** The text of all sources in a fixed order, to tell whether a compiled binding is of these. */
export function ownSourceText(): string {
  const { folder, files } = ownSources();
  return files.map((name) => `${name}\n${readFileSync(join(folder, name), "utf8")}`).join("\n");
}
