import type * as library from "dicom-parser";
import { volumeError } from "../errors.js";
import { inflatedSource, inflateStart } from "./deflated.js";
import type { DicomSource } from "./source.js";

/** The library, when a file needs it. It is CommonJS: Node gives its functions under `default`, bundlers under their names too. */
async function loadParser(): Promise<typeof library.parseDicom> {
  const loaded = await import("dicom-parser");
  return ((loaded as { default?: typeof library }).default ?? loaded).parseDicom;
}

/** Tags as the library writes them: x, group, element. */
export type Tag = `x${string}`;

/** The elements of a data set, or of one item of a sequence. Only tags that are asked for are ever looked at. */
export interface DataSet {
  /** Text without its padding; undefined where the element is missing or empty. */
  text(tag: Tag): string | undefined;
  /** Numbers written as text (DS, IS); undefined where the element is missing or empty. Throws Malformed for others than finite ones. */
  numbers(tag: Tag): number[] | undefined;
  /** A number of 16 bits (US, or SS where `signed`). */
  short(tag: Tag, signed?: boolean): number | undefined;
  /** The value representation, where the file tells it. */
  vr(tag: Tag): string | undefined;
  /** The items of a sequence; none where it is missing. */
  items(tag: Tag): DataSet[];
}

/** An opened file. */
export interface OpenedDicom {
  readonly dataSet: DataSet;
  readonly transferSyntax: string;
  /** The pixel data, where there are any: where their value starts in `source`, and its length, unless that is undefined. */
  readonly pixelData?: { readonly start: number; readonly length: number | undefined };
  /** The file, inflated where it is deflated. */
  readonly source: DicomSource;
}

/** Headers are a few kB; those of multi-frame images grow with their frames. Nothing sane is beyond 64 MiB. */
const headSizes = [2 ** 15, 2 ** 18, 2 ** 21, 2 ** 24, 2 ** 26];
const pixelDataTag = "x7fe00010";

/**
 * Opens a DICOM file (PS3.10) and reads it up to its pixel data; undefined where it is no DICOM file.
 *
 * `enough` looks at what could be read so far and tells whether the rest of the header is not needed, so that large files of other
 * kinds are not read whole. Throws Malformed or Truncated, without a word of the content.
 */
export async function openDicom(source: DicomSource, enough: (sopClass: string) => boolean): Promise<OpenedDicom | undefined> {
  const bare = bareSyntax(await source.read(0, 132));
  if (bare === undefined) return undefined;
  const parseDicom = await loadParser();
  for (const size of headSizes) {
    const bytes = await source.read(0, Math.min(size, source.size));
    const attempt = parseHead(parseDicom, bytes, bare, size);
    const { found, deflatedFrom } = attempt;
    const dataSet = found && viewOf(found, source.path);
    const pixels = found?.elements[pixelDataTag];
    const whole = bytes.length >= source.size;
    const sopClass = dataSet?.text("x00080016");
    if (found && dataSet && (pixels || (whole && !attempt.fault) || (sopClass !== undefined && enough(sopClass)))) {
      return {
        dataSet,
        transferSyntax: bare || (dataSet.text("x00020010") ?? ""),
        ...(pixels && { pixelData: { start: pixels.dataOffset, length: pixels.hadUndefinedLength ? undefined : pixels.length } }),
        source: deflatedFrom === undefined ? source : inflatedSource(source, deflatedFrom),
      };
    }
    // What has no preamble and does not parse was taken for DICOM by mistake.
    if (whole && bare) return undefined;
    if (whole) {
      throw volumeError("Malformed", source.path, "its DICOM header cannot be read to its end; the file may be cut off", {
        offset: bytes.length,
      });
    }
  }
  throw volumeError("TooLarge", source.path, `its DICOM header is longer than ${headSizes.at(-1)} bytes`);
}

/** "" for a file with a preamble, the transfer syntax that a data set without one is in, or undefined where it is something else. */
function bareSyntax(bytes: Uint8Array): string | undefined {
  const letters = (at: number, count: number): string => String.fromCharCode(...bytes.subarray(at, at + count));
  if (letters(128, 4) === "DICM") return "";
  // Such data sets start with group 8, at the element for the length, the character set or the image type.
  if (bytes.length < 132 || bytes[0] !== 8 || bytes[1] !== 0 || bytes[3] !== 0 || ![0, 5, 8].includes(bytes[2]!)) return undefined;
  if (/^[A-Z]{2}$/.test(letters(4, 2))) return "1.2.840.10008.1.2.1";
  return bytes[6] === 0 && bytes[7] === 0 ? "1.2.840.10008.1.2" : undefined;
}

interface Head {
  found?: library.DataSet;
  deflatedFrom?: number;
  fault: boolean;
}

/** Reads as far as the bytes go; the library throws what it has when they end inside of an element. */
function parseHead(parseDicom: typeof library.parseDicom, bytes: Uint8Array, bare: string, most: number): Head {
  let deflatedFrom: number | undefined;
  const inflater = (all: Uint8Array, position: number): Uint8Array => {
    deflatedFrom = position;
    const { bytes: inflated } = inflateStart(all.subarray(position), most);
    const joined = new Uint8Array(position + inflated.length);
    joined.set(all.subarray(0, position));
    joined.set(inflated, position);
    return joined;
  };
  const options = { untilTag: pixelDataTag, inflater, ...(bare && { TransferSyntaxUID: bare }) };
  const at = (): { deflatedFrom?: number } => (deflatedFrom === undefined ? {} : { deflatedFrom });
  try {
    const found = parseDicom(bytes, options);
    return { found, ...at(), fault: false };
  } catch (thrown) {
    const found = typeof thrown === "object" && thrown !== null ? (thrown as { dataSet?: library.DataSet }).dataSet : undefined;
    return { ...(found && { found }), ...at(), fault: true };
  }
}

function viewOf(found: library.DataSet, path: string): DataSet {
  /** The library reads beyond the end of a value's bytes without a word. */
  const within = (tag: Tag, bytes: number): boolean => {
    const element = found.elements[tag];
    return element !== undefined && element.length >= bytes && element.dataOffset + element.length <= found.byteArray.length;
  };
  const text = (tag: Tag): string | undefined => {
    if (!within(tag, 1)) return undefined;
    const { dataOffset, length } = found.elements[tag]!;
    // Long values are no identifiers, numbers or descriptions.
    const bytes = found.byteArray.subarray(dataOffset, dataOffset + Math.min(length, 1024));
    return new TextDecoder("latin1").decode(bytes).replace(/\0/g, " ").trim() || undefined;
  };
  return {
    text,
    numbers(tag) {
      const values = text(tag)?.split("\\");
      if (values === undefined) return undefined;
      return values.map((value) => {
        const number = value.trim() === "" ? Number.NaN : Number(value);
        if (Number.isFinite(number)) return number;
        throw volumeError("Malformed", path, `element ${nameOf(tag)} is ${JSON.stringify(values.join("\\"))}, expected numbers`, {
          offset: found.elements[tag]!.dataOffset,
        });
      });
    },
    short: (tag, signed = false) => (within(tag, 2) ? (signed ? found.int16(tag) : found.uint16(tag)) : undefined),
    vr: (tag) => found.elements[tag]?.vr,
    items: (tag) => (found.elements[tag]?.items ?? []).flatMap(({ dataSet }) => (dataSet ? [viewOf(dataSet, path)] : [])),
  };
}

const nameOf = (tag: Tag): string => `(${tag.slice(1, 5)},${tag.slice(5)})`;
