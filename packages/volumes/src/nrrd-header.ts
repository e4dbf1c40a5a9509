import { volumeError } from "./errors.js";

/** The fields of an NRRD header, and where an attached header's data start. */
export interface NrrdHeader {
  /** Field in lower case -> value as written; the key/value pairs (`:=`) are no fields and left out. */
  readonly fields: ReadonlyMap<string, string>;
  /** The lines after `data file: LIST`. */
  readonly list: readonly string[];
  /** The byte after the blank line that ends an attached header, or undefined where the data are in files of their own. */
  readonly end: number | undefined;
}

/** Headers, and lists of slices with them, end long before this. */
export const nrrdHeaderLimit: number = 2 ** 20;

/** Names that mean the same field (the NRRD format, section 4). */
const synonyms: Readonly<Record<string, string>> = {
  datafile: "data file",
  lineskip: "line skip",
  byteskip: "byte skip",
  axismins: "axis mins",
  axismaxs: "axis maxs",
  centers: "centerings",
};

/** Reads the magic and the `field: value` lines up to a blank line or, with a data file, to the end of the file. */
export function parseNrrdHeader(bytes: Uint8Array, path: string): NrrdHeader {
  const end = Math.min(bytes.length, nrrdHeaderLimit);
  const magic = lineAt(bytes, 0, end);
  if (!/^NRRD000[1-6]$/.test(magic.line))
    throw volumeError(
      "Malformed",
      path,
      `it starts with ${JSON.stringify(magic.line.slice(0, 12))}, an NRRD file with NRRD0001 to NRRD0006`,
      {
        offset: 0,
      },
    );
  const fields = new Map<string, string>();
  let at = magic.next;
  while (at < end) {
    const { line, next } = lineAt(bytes, at, end);
    if (line === "") return { fields, list: [], end: fields.has("data file") ? undefined : next };
    if (!line.startsWith("#") && !isPair(line)) {
      const [, named, value = ""] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
      if (named === undefined)
        throw volumeError("Malformed", path, `line ${JSON.stringify(line.slice(0, 40))} of the header is not "field: value"`, {
          offset: at,
        });
      const lower = named.trim().toLowerCase();
      const field = Object.hasOwn(synonyms, lower) ? synonyms[lower]! : lower;
      if (fields.has(field)) throw volumeError("Malformed", path, `its header has the field "${field}" twice`, { offset: at });
      fields.set(field, value.trim());
      if (field === "data file" && /^LIST\b/.test(value.trim())) return { fields, list: linesAfter(bytes, next, end), end: undefined };
    }
    at = next;
  }
  if (!fields.has("data file"))
    throw volumeError("Malformed", path, `its header has no end, expected a blank line in the first ${nrrdHeaderLimit} bytes`, {
      offset: at,
    });
  return { fields, list: [], end: undefined };
}

/** A key/value pair, `key:=value`, where no field comes first. */
const isPair = (line: string): boolean => {
  const pair = line.indexOf(":=");
  return pair > 0 && line.indexOf(": ") !== line.indexOf(":");
};

function lineAt(bytes: Uint8Array, start: number, end: number): { line: string; next: number } {
  let stop = bytes.indexOf(10, start);
  if (stop < 0 || stop > end) stop = end;
  // Field names and values are ASCII; a data file's name may be UTF-8.
  const line = new TextDecoder().decode(bytes.subarray(start, stop)).replace(/\r$/, "");
  return { line, next: Math.min(bytes.length, stop + 1) };
}

function linesAfter(bytes: Uint8Array, start: number, end: number): string[] {
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The words of a field, or undefined where it is absent or empty. */
export function wordsOf({ fields }: NrrdHeader, field: string): string[] | undefined {
  const text = fields.get(field);
  return text === undefined || text === "" ? undefined : text.split(/\s+/);
}

/** The numbers of a field, one for each axis; NaN where the header says "nan", which means unknown. */
export function numbersPerAxis(header: NrrdHeader, path: string, count: number, field: string): number[] | undefined {
  const words = wordsOf(header, field);
  if (!words) return undefined;
  const numbers = words.map((word) => (/^nan$/i.test(word) ? Number.NaN : finite(word)));
  if (numbers.length !== count || numbers.includes(undefined)) {
    throw volumeError("Malformed", path, `"${field}" is ${quoted(words.join(" "))}, expected ${count} number${count === 1 ? "" : "s"}`);
  }
  return numbers as number[];
}

/** The whole number of a field, or undefined where it is absent. */
export function wholeOf(header: NrrdHeader, path: string, field: string, least: number): number | undefined {
  const text = header.fields.get(field);
  if (text === undefined) return undefined;
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least)
    throw volumeError("Malformed", path, `"${field}" is ${quoted(text)}, expected a whole number, ${least} or more`);
  return value;
}

/** Vectors such as `(1,0,0) none (0,0,2.5)`; undefined for the absent field, null for each "none". */
export function vectorsOf(header: NrrdHeader, path: string, count: number, field: string): (number[] | null)[] | undefined {
  const text = header.fields.get(field);
  if (text === undefined || text === "") return undefined;
  const words = text.match(/\([^()]*\)|[^\s()]+/g) ?? [];
  const vectors = words.map((word) => {
    if (/^none$/i.test(word)) return null;
    const numbers = /^\(.*\)$/.test(word)
      ? word
          .slice(1, -1)
          .split(",")
          .map((part) => finite(part.trim()))
      : [];
    return numbers.length === 3 && !numbers.includes(undefined) ? (numbers as number[]) : undefined;
  });
  if (vectors.length !== count || vectors.includes(undefined)) {
    const wanted = count === 1 ? "a vector (x,y,z)" : `${count} vectors (x,y,z), or none for axes out of space`;
    throw volumeError("Malformed", path, `"${field}" is ${quoted(text)}, expected ${wanted}`);
  }
  return vectors as (number[] | null)[];
}

const finite = (word: string): number | undefined => (word !== "" && Number.isFinite(Number(word)) ? Number(word) : undefined);

/** What a header says, cut to what a message can hold. */
export const quoted = (text: string): string => JSON.stringify(text.slice(0, 80));
