import * as library from "dicom-parser";
import { inflateStart } from "../dicom/deflated.js";
import { volumeError } from "../errors.js";

/** The library is CommonJS: Node gives its functions under `default`, bundlers under their names too. */
const { parseDicom } = (library as unknown as { default?: typeof library }).default ?? library;

/** Tags as the library writes them: x, group, element. */
export type Tag = `x${string}`;

/**
 * Bytes before the pixel data: elements take some hundred bytes of memory each however short they are. A structure set of ten thousand
 * contours has 20 MB, a segmentation 400 bytes for each frame.
 */
const headLimit = 2 ** 25;
/** Bytes of a deflated object, which can be a thousand times as long as its file. */
const inflatedLimit = 2 ** 28;
const pixelDataTag = "x7fe00010";

/** A DICOM object that is no image of a scan, or one item of a sequence in it. Only elements that are asked for are ever looked at. */
export interface DicomObject {
  /** Text in the object's character set, without padding; undefined where the element is missing or empty. */
  text(tag: Tag): string | undefined;
  /** Numbers written as text (DS, IS), any count; undefined where the element is missing or empty. Throws Malformed for others than finite ones. */
  numbers(tag: Tag): Float64Array | undefined;
  /** A number of 16 bits (US). */
  short(tag: Tag): number | undefined;
  /** The items of a sequence; none where it is missing. */
  items(tag: Tag): DicomObject[];
  /** Where the value of an element starts, and its length; undefined where it is missing. */
  place(tag: Tag): { readonly start: number; readonly length: number } | undefined;
}

/** An opened object: its elements, and the bytes that places count in, which are inflated where the file is deflated. */
export interface OpenedObject {
  readonly object: DicomObject;
  readonly bytes: Uint8Array;
  readonly transferSyntax: string;
}

/**
 * Opens a DICOM file that holds one of some storage classes.
 *
 * Throws UnknownFormat for other files, Malformed where the elements cannot be read to their end, Unsupported for other classes, TooLarge
 * for more than 32 MiB before the pixel data; no message holds a word of the content other than UIDs of DICOM itself.
 */
export function openObject(bytes: Uint8Array, path: string, classes: Readonly<Record<string, string>>, expected: string): OpenedObject {
  if (String.fromCharCode(...bytes.subarray(128, 132)) !== "DICM")
    throw volumeError("UnknownFormat", path, `it is no DICOM file, expected ${expected}`);
  let whole = bytes;
  const inflater = (all: Uint8Array, position: number): Uint8Array => {
    const { bytes: inflated, fault } = inflateStart(all.subarray(position), inflatedLimit);
    if (fault !== undefined || inflated.length === inflatedLimit) throw new Error("it does not inflate");
    const joined = new Uint8Array(position + inflated.length);
    joined.set(all.subarray(0, position));
    joined.set(inflated, position);
    whole = joined;
    return joined.subarray(0, headLimit);
  };
  let found: library.DataSet | undefined;
  try {
    found = parseDicom(bytes.subarray(0, headLimit), { inflater, untilTag: pixelDataTag });
  } catch {
    // What the library throws may hold elements of the patient.
  }
  if (whole.length > headLimit && !found?.elements[pixelDataTag])
    throw volumeError("TooLarge", path, `its DICOM elements have more than ${headLimit} bytes`);
  if (!found) throw volumeError("Malformed", path, "its DICOM elements cannot be read to their end; the file may be cut off");
  const charset = charsetOf(found);
  const object = viewOf(found, path, charset);
  const sopClass = object.text("x00080016") ?? "";
  if (!Object.hasOwn(classes, sopClass)) {
    const uid = /^[\d.]{1,64}$/.test(sopClass) ? sopClass : "missing";
    throw volumeError("Unsupported", path, `its storage class (SOPClassUID) is ${uid}, expected ${expected}`);
  }
  return { object, bytes: whole, transferSyntax: object.text("x00020010") ?? "" };
}

/** The decoder of SpecificCharacterSet (PS3.3, C.12.1.1.2); where several are switched between, the first one, so that ASCII stays right. */
function charsetOf(found: library.DataSet): string {
  const [name = ""] = (found.string("x00080005") ?? "").split("\\");
  const known: Readonly<Record<string, string>> = {
    "ISO_IR 192": "utf-8",
    GB18030: "gb18030",
    GBK: "gbk",
    "ISO_IR 101": "iso-8859-2",
    "ISO_IR 109": "iso-8859-3",
    "ISO_IR 110": "iso-8859-4",
    "ISO_IR 144": "iso-8859-5",
    "ISO_IR 127": "iso-8859-6",
    "ISO_IR 126": "iso-8859-7",
    "ISO_IR 138": "iso-8859-8",
    "ISO_IR 13": "shift_jis",
  };
  return Object.hasOwn(known, name) ? known[name]! : "latin1";
}

/** Labels and names have 64 characters at most, descriptions of regions 1024. */
const textLimit = 4096;

function viewOf(found: library.DataSet, path: string, charset: string): DicomObject {
  /** The library reads beyond the end of a value's bytes without a word. */
  const valueBytes = (tag: Tag): Uint8Array | undefined => {
    const element = found.elements[tag];
    if (!element || element.length < 1 || element.dataOffset + element.length > found.byteArray.length) return undefined;
    return (found.byteArray as Uint8Array).subarray(element.dataOffset, element.dataOffset + element.length);
  };
  return {
    text(tag) {
      const bytes = valueBytes(tag)?.subarray(0, textLimit);
      return bytes && (new TextDecoder(charset).decode(bytes).replace(/\0/g, " ").trim() || undefined);
    },
    numbers(tag) {
      const bytes = valueBytes(tag);
      const text = bytes && new TextDecoder("latin1").decode(bytes).replace(/\0/g, " ").trim();
      if (!text) return undefined;
      return Float64Array.from(text.split("\\"), (value) => {
        const number = value.trim() === "" ? Number.NaN : Number(value);
        if (Number.isFinite(number)) return number;
        const name = `(${tag.slice(1, 5)},${tag.slice(5)})`;
        throw volumeError("Malformed", path, `element ${name} has a value that is no number`, { offset: found.elements[tag]!.dataOffset });
      });
    },
    short: (tag) => ((valueBytes(tag)?.length ?? 0) >= 2 ? found.uint16(tag) : undefined),
    items: (tag) => (found.elements[tag]?.items ?? []).flatMap(({ dataSet }) => (dataSet ? [viewOf(dataSet, path, charset)] : [])),
    place(tag) {
      const element = found.elements[tag];
      return element && { start: element.dataOffset, length: element.length };
    },
  };
}
