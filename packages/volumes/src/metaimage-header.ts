import { volumeError } from "./errors.js";

/** The tags of a MetaImage header, and where the data of a LOCAL file start. */
export interface MetaHeader {
  /** Tag in lower case -> value as written. */
  readonly tags: ReadonlyMap<string, string>;
  /** The lines after `ElementDataFile = LIST`. */
  readonly list: readonly string[];
  /** The byte after the header's last line. */
  readonly end: number;
}

/** Headers, and lists of slices with them, end long before this. */
export const metaHeaderLimit: number = 2 ** 20;

/** Reads `Tag = value` lines up to ElementDataFile, which is the last tag of every MetaImage header. */
export function parseMetaHeader(bytes: Uint8Array, path: string): MetaHeader {
  const tags = new Map<string, string>();
  const end = Math.min(bytes.length, metaHeaderLimit);
  let at = 0;
  while (at < end) {
    const { line, next } = lineAt(bytes, at, end);
    const [, tag, value = ""] = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (tag !== undefined) tags.set(tag.toLowerCase(), value);
    else if (line.trim() !== "") {
      throw volumeError("Malformed", path, `line ${JSON.stringify(line.slice(0, 40))} of the header is not "Tag = value"`, { offset: at });
    }
    at = next;
    if (tag?.toLowerCase() === "elementdatafile") return { tags, list: /^list\b/i.test(value) ? listAfter(bytes, at, end) : [], end: at };
  }
  throw volumeError("Malformed", path, `the header has no ElementDataFile, expected it in the first ${metaHeaderLimit} bytes`, {
    offset: at,
  });
}

function lineAt(bytes: Uint8Array, start: number, end: number): { line: string; next: number } {
  let stop = bytes.indexOf(10, start);
  if (stop < 0 || stop > end) stop = end;
  // Paths may be in UTF-8; a stray byte becomes a replacement character and no error, as tags are ASCII.
  return { line: new TextDecoder().decode(bytes.subarray(start, stop)), next: Math.min(bytes.length, stop + 1) };
}

function listAfter(bytes: Uint8Array, start: number, end: number): string[] {
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The first of some tags that is there. */
export function tagOf({ tags }: MetaHeader, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = tags.get(name.toLowerCase());
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

/** The numbers of a tag; undefined where it is absent. Throws Malformed unless there are `count` finite ones. */
export function numbersOf(header: MetaHeader, path: string, count: number, ...names: string[]): number[] | undefined {
  const text = tagOf(header, ...names);
  if (text === undefined) return undefined;
  const numbers = text.split(/[\s,]+/).map(Number);
  if (numbers.length !== count || !numbers.every(Number.isFinite)) {
    throw volumeError(
      "Malformed",
      path,
      `${names[0]} is ${JSON.stringify(text.slice(0, 80))}, expected ${count} number${count === 1 ? "" : "s"}`,
    );
  }
  return numbers;
}

/** A True/False tag, false where it is absent. */
export function flagOf(header: MetaHeader, path: string, ...names: string[]): boolean {
  const text = tagOf(header, ...names);
  if (text === undefined) return false;
  if (/^(true|t|1|yes)$/i.test(text)) return true;
  if (/^(false|f|0|no)$/i.test(text)) return false;
  throw volumeError("Malformed", path, `${names[0]} is ${JSON.stringify(text.slice(0, 80))}, expected True or False`);
}
