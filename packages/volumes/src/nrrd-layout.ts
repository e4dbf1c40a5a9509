import { elementTypeOf, encodeElements } from "./elements.js";
import type { FileLayout, FormatOptions } from "./file-layout.js";
import type { Volume } from "./volume.js";

/** An NRRD: one .nrrd file, or an .nhdr file beside a .raw.gz or .raw one. */
export function layoutNrrd(volume: Volume, path: string, { compressed = true }: FormatOptions): FileLayout {
  const attached = !/\.nhdr$/i.test(path);
  const ending = compressed ? ".raw.gz" : ".raw";
  const stem = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).replace(/\.nhdr$/i, "");
  // A percent sign would be read as a pattern of slice files, and a line has no room for more lines.
  if (!attached && /[%\r\n]|^\s|\s$|^LIST\b/.test(stem))
    throw new RangeError(`the name ${JSON.stringify(stem)} cannot be written into an NRRD header`);
  const header = new TextEncoder().encode(headerOf(volume, compressed, attached ? undefined : `${stem}${ending}`));
  return {
    payload: [encodeElements(volume.data)],
    compression: compressed ? "gzip" : "none",
    assemble: (packed) =>
      attached
        ? [{ path, chunks: [header, ...packed] }]
        : [
            { path: path.replace(/\.nhdr$/i, ending), chunks: packed },
            { path, chunks: [header] },
          ],
  };
}

function headerOf(volume: Volume, compressed: boolean, dataFile: string | undefined): string {
  const { shape, spacingMm, originMm, direction: d } = volume;
  const vector = (numbers: readonly number[]): string => `(${numbers.join(",")})`;
  const axis = (column: number): string => vector([0, 1, 2].map((row) => d[3 * row + column]! * spacingMm[2 - column]!));
  const element = elementTypeOf(volume.data);
  const type = { float32: "float", float64: "double" }[element as string] ?? element;
  const lines = [
    // NRRD0004 is the first version with spaces.
    "NRRD0004",
    `type: ${type}`,
    "dimension: 3",
    "space: left-posterior-superior",
    `sizes: ${[...shape].reverse().join(" ")}`,
    `space directions: ${[0, 1, 2].map(axis).join(" ")}`,
    "kinds: domain domain domain",
    "endian: little",
    `encoding: ${compressed ? "gzip" : "raw"}`,
    `space origin: ${vector(originMm)}`,
    ...(dataFile === undefined ? [""] : [`data file: ${dataFile}`]),
  ];
  return `${lines.join("\n")}\n`;
}
