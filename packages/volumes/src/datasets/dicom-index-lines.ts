import { createReadStream } from "node:fs";
import { volumeError } from "../errors.js";
import { systemError } from "../node-errors.js";

/** A series of an index. */
export interface IndexedSeries {
  /** As in `DicomSeries`: the SeriesInstanceUID, followed by #1, #2 … where that holds several stacks. */
  readonly id: string;
  readonly modality?: string;
  readonly slices: number;
  readonly sizeXY: readonly [number, number];
  readonly spacingMm?: readonly [number, number, number];
  readonly localizer?: true;
  /** A name of the patient that tells nothing of them. */
  readonly patient?: string;
  /** The names of its files in the folder, where that holds those of others too. */
  readonly files?: readonly string[];
  /** Why it is no volume; missing where it is one. */
  readonly reason?: string;
}

/** What an index knows of one folder. */
export interface IndexedFolder {
  /** Relative to the root, with plain slashes; "" is the root. */
  readonly folder: string;
  /** Changes with the names, sizes and times of its files. */
  readonly state: string;
  readonly series: readonly IndexedSeries[];
  /** Images that cannot be read: the file, and why. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

export const indexVersion = 1;

/** The first line of an index. */
export interface IndexHeader {
  readonly gleaner: "dicom-index";
  readonly version: number;
  /** What the patients' names are hashed with. */
  readonly salt: string;
}

// A folder of some thousand series has a line of a MiB.
const lineLimit = 2 ** 26;

/**
 * The header and then the folders of an index, or of the journal of one that is being made, line by line. What a killed process has left of
 * its last line is passed over where `torn` is allowed.
 */
export async function* readIndexLines(
  path: string,
  { torn = false }: { torn?: boolean } = {},
): AsyncGenerator<IndexHeader | IndexedFolder> {
  let number = 0;
  for await (const text of linesOf(path)) {
    number++;
    const value = parsed(text);
    if (number === 1 ? isHeader(value) : isFolder(value)) yield value as IndexHeader | IndexedFolder;
    else if (!torn || number === 1) {
      const start = JSON.stringify(text.slice(0, 60));
      throw volumeError("Malformed", path, `line ${number} is ${start}, expected a line of an index of DICOM series`);
    } else return;
  }
}

/** The lines of a text file, which is never in memory as a whole. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: 2 ** 18 })) {
      const [first = "", ...others] = (chunk as string).split("\n");
      rest += first;
      if (rest.length > lineLimit)
        throw volumeError("TooLarge", path, `it has a line of more than ${lineLimit} characters, expected an index of DICOM series`);
      for (const next of others) {
        yield rest;
        rest = next;
      }
    }
  } catch (cause) {
    throw systemError(path, cause);
  }
  if (rest !== "") yield rest;
}

export const isHeader = (value: unknown): value is IndexHeader =>
  isRecord(value) && value["gleaner"] === "dicom-index" && value["version"] === indexVersion && typeof value["salt"] === "string";

/** A folder's name cannot lead out of the root. */
function isFolder(value: unknown): value is IndexedFolder {
  if (!isRecord(value)) return false;
  const { folder, state, series, unreadable } = value;
  const inside = typeof folder === "string" && !/^[a-z]:|^[\\/]|\0/i.test(folder) && !folder.split(/[\\/]/).includes("..");
  return inside && typeof state === "string" && Array.isArray(series) && series.every(isSeries) && Array.isArray(unreadable);
}

function isSeries(value: unknown): value is IndexedSeries {
  if (!isRecord(value)) return false;
  const { id, slices, files } = value;
  const names =
    files === undefined || (Array.isArray(files) && files.every((name) => typeof name === "string" && !/[\\/]|^\.\.$/.test(name)));
  return typeof id === "string" && typeof slices === "number" && names;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
