import { type Dirent, existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { imageSetError } from "./image-set-error.js";

/** A file that is not used, and why. */
export interface LeftOutFile {
  /** From the folder on, with `/` between. */
  readonly path: string;
  readonly reason: string;
}

export interface ListedImages {
  /** The part that was listed, where the folder has parts. */
  readonly split?: string;
  readonly classNames: readonly string[];
  /** The images from the folder on, with `/` between, sorted; classes in order, then those without a label (−1). */
  readonly files: readonly { readonly path: string; readonly label: number }[];
  readonly ignored: readonly LeftOutFile[];
}

export interface ListOptions {
  split?: string;
  unlabeled?: string;
  classNames?: readonly string[];
}

const splitNames = ["train", "training", "val", "valid", "validation", "test", "testing"];
const imageName = /\.(png|jpe?g)$/i;
// ImageNet-21k has 14 million files; folders within a class go at most this deep.
const maxFiles = 2 ** 24;
const maxDepth = 8;

/** Order by code units after normalization, the same on every machine and file system. */
const byName = (a: string, b: string): number => {
  const [left, right] = [a.normalize("NFC"), b.normalize("NFC")];
  return left < right ? -1 : left > right ? 1 : 0;
};
const isHidden = (name: string): boolean => name.startsWith(".") || name === "__MACOSX";

/** What lies in a folder, with links resolved; one that leads out of the root is an error. */
interface Entry {
  name: string;
  kind: "file" | "folder" | "link to a folder" | "other";
}
function entriesOf(path: string, realRoot: string): Entry[] {
  const kindOf = (entry: Dirent): Entry["kind"] => {
    if (entry.isFile()) return "file";
    if (entry.isDirectory()) return "folder";
    if (!entry.isSymbolicLink()) return "other";
    const link = join(path, entry.name);
    if (!existsSync(link)) return "other";
    const target = realpathSync(link);
    if (!target.startsWith(realRoot + sep))
      throw imageSetError("Unsupported", link, "it is a link that leaves the folder, which is not followed");
    const stats = statSync(target);
    return stats.isFile() ? "file" : stats.isDirectory() ? "link to a folder" : "other";
  };
  return readdirSync(path, { withFileTypes: true })
    .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
    .sort((a, b) => byName(a.name, b.name));
}

/** Names the classes, the images and all that is neither. */
export function listImageFolder(root: string, options: ListOptions): ListedImages {
  const { split: wanted, unlabeled = "unlabeled", classNames: given } = options;
  const stats = statSync(root, { throwIfNoEntry: false });
  if (!stats) throw imageSetError("NotFound", root, "it does not exist");
  if (!stats.isDirectory()) throw imageSetError("NotFound", root, "it is a file where a folder with a folder for each class was expected");
  const realRoot = realpathSync(root);
  const ignored: LeftOutFile[] = [];
  const foldersIn = (relative: string, report: boolean): string[] => {
    const names: string[] = [];
    for (const { name, kind } of entriesOf(join(root, relative), realRoot)) {
      const path = relative ? `${relative}/${name}` : name;
      if ((kind === "folder" || kind === "link to a folder") && !isHidden(name)) names.push(name);
      else if (report) ignored.push({ path, reason: isHidden(name) ? "its name is hidden" : "it is in no class" });
    }
    return names;
  };

  const top = foldersIn("", true);
  const parts = top.filter((name) => name !== unlabeled);
  const hasParts = parts.length > 0 && parts.every((name) => splitNames.includes(name));
  const split = wanted ?? (hasParts ? "train" : undefined);
  if (split !== undefined && !top.includes(split))
    throw imageSetError("NotFound", root, `it holds no folder ${split}, it has ${top.join(", ") || "no folders"}`);
  const home = split ?? "";
  const inHome = split === undefined ? top : foldersIn(split, true);
  const present = inHome.filter((name) => name !== unlabeled);
  // All parts share their classes, also where one has no image of some class.
  const siblings = split === undefined ? [] : parts.filter((name) => name !== split && splitNames.includes(name));
  const everywhere = new Set([...present, ...siblings.flatMap((name) => foldersIn(name, false).filter((inner) => inner !== unlabeled))]);
  const classNames = given ?? [...everywhere].sort(byName);
  const shown = join(root, home);
  if (present.length === 0) throw imageSetError("Malformed", shown, "it holds no folders, one for each class was expected");
  const unknown = present.find((name) => !classNames.includes(name));
  if (unknown !== undefined)
    throw imageSetError("Malformed", shown, `it holds a folder ${unknown}, the classes are ${classNames.join(", ")}`);

  const files: { path: string; label: number }[] = [];
  const walk = (relative: string, label: number, depth: number): void => {
    if (depth > maxDepth) throw imageSetError("TooLarge", join(root, relative), `it is more than ${maxDepth} folders deep`);
    for (const { name, kind } of entriesOf(join(root, relative), realRoot)) {
      const path = `${relative}/${name}`;
      if (isHidden(name)) ignored.push({ path, reason: "its name is hidden" });
      else if (kind === "folder") walk(path, label, depth + 1);
      // Links within a class could go round in circles.
      else if (kind === "link to a folder") ignored.push({ path, reason: "it is a link to a folder" });
      else if (kind === "other" || !imageName.test(name)) ignored.push({ path, reason: "it is no PNG or JPEG file" });
      else files.push({ path, label });
      if (files.length + ignored.length > maxFiles) throw imageSetError("TooLarge", root, `it holds more than ${maxFiles} files`);
    }
  };
  const below = (name: string): string => (home ? `${home}/${name}` : name);
  for (const name of present.toSorted(byName)) {
    const before = files.length;
    walk(below(name), classNames.indexOf(name), 1);
    if (files.length === before) throw imageSetError("Malformed", join(root, below(name)), "it holds no PNG or JPEG files");
  }
  // Classes in their order, which `classNames` may have made another than that of the names.
  files.sort((a, b) => a.label - b.label || byName(a.path, b.path));
  const pools = [
    ...(inHome.includes(unlabeled) ? [below(unlabeled)] : []),
    ...(split === "train" && top.includes(unlabeled) ? [unlabeled] : []),
  ];
  if (pools.length === 0 && options.unlabeled !== undefined) throw imageSetError("NotFound", shown, `it holds no folder ${unlabeled}`);
  for (const pool of pools) walk(pool, -1, 1);
  return { ...(split === undefined ? {} : { split }), classNames, files, ignored };
}
