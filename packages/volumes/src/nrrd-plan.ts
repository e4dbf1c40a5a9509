import { type ElementType, elementBytes } from "./elements.js";
import { volumeError } from "./errors.js";
import { gridOfNrrd } from "./nrrd-grid.js";
import { type NrrdHeader, numbersPerAxis, parseNrrdHeader, quoted, wholeOf } from "./nrrd-header.js";
import { type Compression, dataFileName, type VoxelPart, type VoxelPlan } from "./plan.js";
import type { TextEncoding } from "./text-elements.js";

/** The names of the scalar types, section 5 of the format. */
const typeNames: Readonly<Record<ElementType, readonly string[]>> = {
  int8: ["signed char", "int8", "int8_t"],
  uint8: ["uchar", "unsigned char", "uint8", "uint8_t"],
  int16: ["short", "short int", "signed short", "signed short int", "int16", "int16_t"],
  uint16: ["ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"],
  int32: ["int", "signed int", "int32", "int32_t"],
  uint32: ["uint", "unsigned int", "uint32", "uint32_t"],
  int64: ["longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"],
  uint64: ["ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"],
  float32: ["float"],
  float64: ["double"],
};

const encodings: Readonly<Record<string, { compression: Compression; text?: TextEncoding }>> = {
  raw: { compression: "none" },
  gzip: { compression: "gzip" },
  gz: { compression: "gzip" },
  text: { compression: "none", text: "decimal" },
  txt: { compression: "none", text: "decimal" },
  ascii: { compression: "none", text: "decimal" },
  hex: { compression: "none", text: "hex" },
};

/** What an NRRD header says about its voxels. `bytes` is the start of the file, at least the header. */
export function planNrrd(bytes: Uint8Array, path: string): VoxelPlan {
  const header = parseNrrdHeader(bytes, path);
  const { fields } = header;
  const required = (field: string): string => {
    const value = fields.get(field);
    if (value === undefined || value === "") throw volumeError("Malformed", path, `its header has no "${field}"`);
    return value;
  };
  const element = elementOf(required("type"), path);
  const encoding = encodingOf(required("encoding"), path);
  const dimension = wholeOf(header, path, "dimension", 1) ?? Number(required("dimension"));
  if (dimension < 2 || dimension > 16) throw volumeError("Unsupported", path, `its dimension is ${dimension}, expected 2 to 16`);
  required("sizes");
  const sizes = numbersPerAxis(header, path, dimension, "sizes")!;
  if (!sizes.every((n) => Number.isSafeInteger(n) && n > 0))
    throw volumeError("Malformed", path, `"sizes" is ${quoted(sizes.join(" "))}, expected positive integers`);
  const endian = fields.get("endian")?.toLowerCase();
  if (endian !== "little" && endian !== "big" && (endian !== undefined || (elementBytes(element) > 1 && encoding.text !== "decimal")))
    throw volumeError("Malformed", path, `"endian" is ${endian === undefined ? "missing" : quoted(endian)}, expected little or big`);
  return {
    grid: gridOfNrrd(header, path, sizes),
    element,
    // Numbers in text have no byte order; they are decoded into little-endian bytes.
    littleEndian: encoding.text === "decimal" || endian !== "big",
    compression: encoding.compression,
    ...(encoding.text && { text: encoding.text }),
    parts: partsOf(header, path, sizes, element, encoding.text),
  };
}

function elementOf(type: string, path: string): ElementType {
  const name = type.toLowerCase().replace(/\s+/g, " ");
  for (const [element, names] of Object.entries(typeNames)) if (names.includes(name)) return element as ElementType;
  const known = Object.keys(typeNames).map((element) => typeNames[element as ElementType][0]);
  throw volumeError("Unsupported", path, `its type is ${quoted(type)}, expected one of ${known.join(", ")}`);
}

function encodingOf(name: string, path: string): { compression: Compression; text?: TextEncoding } {
  const lower = name.toLowerCase();
  if (Object.hasOwn(encodings, lower)) return encodings[lower]!;
  throw volumeError("Unsupported", path, `its encoding is ${quoted(name)}, expected one of ${Object.keys(encodings).join(", ")}`);
}

function partsOf(
  header: NrrdHeader,
  path: string,
  sizes: readonly number[],
  element: ElementType,
  text: TextEncoding | undefined,
): VoxelPart[] {
  const lines = wholeOf(header, path, "line skip", 0) ?? 0;
  const bytes = wholeOf(header, path, "byte skip", -1) ?? 0;
  if (bytes === -1 && text)
    throw volumeError("Malformed", path, '"byte skip" is -1 and the voxels are text, so where they start cannot be told');
  const where = { lines, skip: Math.max(0, bytes), fromEnd: bytes === -1 };
  const length = sizes.reduce((product, n) => product * n, elementBytes(element));
  if (header.end !== undefined) return [{ file: undefined, start: header.end, ...where, length }];

  const value = header.fields.get("data file")!;
  const { names, fileDimension } = dataFiles(header, value, path, sizes.length);
  const files = sizes.slice(fileDimension).reduce((product, n) => product * n, 1);
  // Files of all dimensions are slabs of the slowest axis.
  const right = fileDimension === sizes.length ? names.length > 0 && sizes.at(-1)! % names.length === 0 : names.length === files;
  if (!right)
    throw volumeError("Malformed", path, `it names ${names.length} data files, expected ${files} for the sizes ${sizes.join(" ")}`);
  return names.map((name) => ({ file: dataFileName(name, path), start: 0, ...where, length: length / names.length }));
}

/** The data files of `name`, `LIST [dimension]` or `slice%03d.raw first last step [dimension]`, and how many dimensions each has. */
function dataFiles(header: NrrdHeader, value: string, path: string, dimension: number): { names: string[]; fileDimension: number } {
  const checked = (names: string[], word: string | undefined): { names: string[]; fileDimension: number } => {
    const fileDimension = word === undefined ? dimension - 1 : Number(word);
    if (!(fileDimension >= 1 && fileDimension <= dimension))
      throw volumeError("Malformed", path, `its data files have ${word} dimensions, expected 1 to ${dimension}`);
    return { names, fileDimension };
  };
  const list = /^LIST(?:\s+(\d+))?$/.exec(value);
  if (list) return checked([...header.list], list[1]);
  const pattern = /^(\S*?)%(0?)(\d*)([diu])(\S*)\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)(?:\s+(\d+))?$/.exec(value);
  if (!pattern) return { names: [value], fileDimension: dimension };
  const [, before, zero, width, , after, first, last, step, subdimension] = pattern;
  const [from, to, by] = [first, last, step].map(Number) as [number, number, number];
  const count = by === 0 ? 0 : Math.floor((to - from) / by) + 1;
  if (!(count >= 1 && count <= 2 ** 20))
    throw volumeError("Malformed", path, `its data files run from ${from} to ${to} in steps of ${by}, expected 1 to ${2 ** 20} files`);
  const names = Array.from({ length: count }, (_, i) => {
    const number = String(Math.abs(from + i * by)).padStart(zero === "0" ? Math.min(64, Number(width)) : 0, "0");
    return `${before}${`${from + i * by < 0 ? "-" : ""}${number}`.padStart(Math.min(64, Number(width)), " ")}${after}`;
  });
  return checked(names, subdimension);
}

/** Whether bytes start as an NRRD does. */
export const isNrrd = (head: Uint8Array): boolean => new TextDecoder("latin1").decode(head.subarray(0, 7)) === "NRRD000";
