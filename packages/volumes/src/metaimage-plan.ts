import { type ElementType, elementBytes } from "./elements.js";
import { volumeError } from "./errors.js";
import { flagOf, type MetaHeader, numbersOf, parseMetaHeader, tagOf } from "./metaimage-header.js";
import { dataFileName, type VoxelPart, type VoxelPlan } from "./plan.js";
import type { Matrix3, Triple } from "./volume.js";

/** MET_LONG is 4 bytes in MetaIO on every system. */
const elementTypes: Record<string, ElementType> = {
  MET_CHAR: "int8",
  MET_ASCII_CHAR: "int8",
  MET_UCHAR: "uint8",
  MET_SHORT: "int16",
  MET_USHORT: "uint16",
  MET_INT: "int32",
  MET_UINT: "uint32",
  MET_LONG: "int32",
  MET_ULONG: "uint32",
  MET_LONG_LONG: "int64",
  MET_ULONG_LONG: "uint64",
  MET_FLOAT: "float32",
  MET_DOUBLE: "float64",
};

/** What a MetaImage header says about its voxels. `bytes` is the start of the file, at least the header. */
export function planMetaImage(bytes: Uint8Array, path: string): VoxelPlan {
  const header = parseMetaHeader(bytes, path);
  const fail = (tag: "Malformed" | "Unsupported", message: string): never => {
    throw volumeError(tag, path, message);
  };
  const objectType = tagOf(header, "ObjectType") ?? "Image";
  if (!/^image$/i.test(objectType)) fail("Unsupported", `ObjectType is ${objectType}, expected Image`);
  const channels = numbersOf(header, path, 1, "ElementNumberOfChannels")?.[0] ?? 1;
  if (channels !== 1) fail("Unsupported", `it has ${channels} channels per voxel, expected 1`);
  const text = tagOf(header, "BinaryData") !== undefined && !flagOf(header, path, "BinaryData");
  const compressed = flagOf(header, path, "CompressedData");
  if (text && compressed) fail("Malformed", "its voxels are text (BinaryData = False) and compressed, expected one of the two");
  const slope = numbersOf(header, path, 1, "ElementToIntensityFunctionSlope")?.[0] ?? 1;
  const intercept = numbersOf(header, path, 1, "ElementToIntensityFunctionOffset")?.[0] ?? 0;
  const named = tagOf(header, "ElementType") ?? fail("Malformed", "ElementType is missing");
  const element = Object.hasOwn(elementTypes, named)
    ? elementTypes[named]!
    : fail("Unsupported", `ElementType is ${named}, expected one of ${Object.keys(elementTypes).join(", ")}`);

  const dims = numbersOf(header, path, 1, "NDims")?.[0] ?? 3;
  if (!Number.isInteger(dims) || dims < 2 || dims > 10) fail("Malformed", `NDims is ${dims}, expected 2 to 10`);
  const size = numbersOf(header, path, dims, "DimSize") ?? fail("Malformed", "DimSize is missing");
  if (!size.slice(3).every((n) => n === 1))
    fail("Unsupported", `DimSize is ${size.join(" ")}, expected at most three dimensions larger than 1`);
  const spacing = numbersOf(header, path, dims, "ElementSpacing", "ElementSize") ?? [];
  const offset = numbersOf(header, path, dims, "Offset", "Position", "Origin") ?? [];
  const shape: Triple = [size[2] ?? 1, size[1]!, size[0]!];
  const direction = directionOf(numbersOf(header, path, dims * dims, "TransformMatrix", "Rotation", "Orientation"), dims);
  return {
    grid: {
      shape,
      spacingMm: [Math.abs(spacing[2] ?? 1), Math.abs(spacing[1] ?? 1), Math.abs(spacing[0] ?? 1)],
      originMm: [offset[0] ?? 0, offset[1] ?? 0, offset[2] ?? 0],
      // A negative spacing turns its axis, as in ITK.
      direction: direction.map((value, i) => (spacing[i % 3]! < 0 && value !== 0 ? -value : value)) as Matrix3,
    },
    element,
    littleEndian: text || !flagOf(header, path, "BinaryDataByteOrderMSB", "ElementByteOrderMSB"),
    ...(slope !== 1 || intercept !== 0 ? { scale: { slope, intercept } } : {}),
    compression: compressed ? "zlib" : "none",
    ...(text && { text: "decimal" as const }),
    parts: partsOf(header, path, size, elementBytes(element)),
  };
}

/** TransformMatrix holds one index axis after another, the columns of our direction: transposed, row by row. */
function directionOf(matrix: number[] | undefined, dims: number): Matrix3 {
  const at = (row: number, column: number): number => {
    if (!matrix || row >= dims || column >= dims) return row === column ? 1 : 0;
    return matrix[column * dims + row]!;
  };
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

function partsOf(header: MetaHeader, path: string, size: number[], bytesPerVoxel: number): VoxelPart[] {
  const value = tagOf(header, "ElementDataFile") ?? "";
  const compressed = flagOf(header, path, "CompressedData");
  const headerSize = numbersOf(header, path, 1, "HeaderSize")?.[0] ?? 0;
  if (!Number.isSafeInteger(headerSize) || headerSize < -1)
    throw volumeError("Malformed", path, `HeaderSize is ${headerSize}, expected -1, 0 or more`);
  if (headerSize === -1 && compressed)
    throw volumeError("Malformed", path, "HeaderSize is -1 and the data are compressed, so where they start cannot be told");
  const skipped = { start: Math.max(0, headerSize), skip: 0, fromEnd: headerSize === -1 };
  const length = size.reduce((product, n) => product * n, bytesPerVoxel);
  if (/^local$/i.test(value)) return [{ file: undefined, ...skipped, start: header.end + skipped.start, length }];

  const list = /^list(?:\s+(\d+)d?)?$/i.exec(value);
  const names = list ? header.list : namesOfPattern(value, size);
  if (!names) {
    return [{ file: dataFileName(value, path), ...skipped, length }];
  }
  // Each file of a list has one dimension less than the volume, unless the list says how many.
  const fileDims = list?.[1] === undefined ? size.length - 1 : Number(list[1]);
  const files = size.slice(fileDims).reduce((product, n) => product * n, 1);
  if (names.length !== files)
    throw volumeError("Malformed", path, `it names ${names.length} data files, expected ${files} for DimSize ${size.join(" ")}`);
  return names.map((name) => ({ file: dataFileName(name, path), ...skipped, length: length / files }));
}

/** The names of `slice%03d.raw first last step`; the last number is the first plus the slices where it is left out. */
function namesOfPattern(value: string, size: number[]): string[] | undefined {
  const match = /^([^%]*)%(0?)(\d*)(?:\.(\d+))?[diu](\S*?)(?:\s+(\d+))?(?:\s+(\d+))?(?:\s+(\d+))?$/.exec(value);
  if (!match) return undefined;
  const [, before, zero, width, precision = "1", after, first = "1", last, step = "1"] = match;
  const slices = size.at(-1)!;
  const by = Number(step);
  const from = Number(first);
  const to = last === undefined ? from + (slices - 1) * by : Number(last);
  if (by < 1 || (to - from) / by > 2 ** 20) return [];
  const names: string[] = [];
  for (let n = from; n <= to; n += by) {
    const digits = String(n).padStart(Math.min(64, Number(precision)), "0");
    names.push(`${before}${digits.padStart(Math.min(64, Number(width)), zero === "0" ? "0" : " ")}${after}`);
  }
  return names;
}

/** Whether bytes start as a MetaImage header does: with one of its tags. */
export const isMetaImage = (head: Uint8Array): boolean =>
  /^\s*(ObjectType|NDims|Comment|DimSize|ElementType)\s*[=:]/i.test(new TextDecoder("latin1").decode(head.subarray(0, 64)));
