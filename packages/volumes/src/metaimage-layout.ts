import { elementTypeOf, encodeElements } from "./elements.js";
import type { FileLayout, FormatOptions } from "./file-layout.js";
import type { Volume } from "./volume.js";

const typeNames = {
  int8: "MET_CHAR",
  uint8: "MET_UCHAR",
  int16: "MET_SHORT",
  uint16: "MET_USHORT",
  int32: "MET_INT",
  uint32: "MET_UINT",
  float32: "MET_FLOAT",
  float64: "MET_DOUBLE",
} as const;

/** A MetaImage: one .mha file, or an .mhd file beside a .zraw or .raw one. */
export function layoutMetaImage(volume: Volume, path: string, { compressed = true }: FormatOptions): FileLayout {
  const local = /\.mha$/i.test(path);
  const stem = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).replace(/\.mh[ad]$/i, "");
  // A percent sign would be read as a pattern of slice files, and a line has no room for more lines.
  if (!local && /[%\r\n]|^\s|\s$/.test(stem))
    throw new RangeError(`the name ${JSON.stringify(stem)} cannot be written into a MetaImage header`);
  const dataPath = path.replace(/\.mhd$/i, compressed ? ".zraw" : ".raw");
  return {
    payload: [encodeElements(volume.data)],
    compression: compressed ? "zlib" : "none",
    assemble(packed) {
      const packedBytes = packed.reduce((sum, chunk) => sum + chunk.length, 0);
      const header = headerOf(volume, compressed ? packedBytes : undefined, local ? "LOCAL" : `${stem}${compressed ? ".zraw" : ".raw"}`);
      return local
        ? [{ path, chunks: [header, ...packed] }]
        : [
            { path: dataPath, chunks: packed },
            { path, chunks: [header] },
          ];
    },
  };
}

function headerOf(volume: Volume, packedBytes: number | undefined, dataFile: string): Uint8Array {
  const { shape, spacingMm, originMm, direction: d } = volume;
  const lines = [
    "ObjectType = Image",
    "NDims = 3",
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    `CompressedData = ${packedBytes === undefined ? "False" : "True"}`,
    ...(packedBytes === undefined ? [] : [`CompressedDataSize = ${packedBytes}`]),
    // MetaIO writes one axis after another: the transposed direction.
    `TransformMatrix = ${[d[0], d[3], d[6], d[1], d[4], d[7], d[2], d[5], d[8]].join(" ")}`,
    `Offset = ${originMm.join(" ")}`,
    "CenterOfRotation = 0 0 0",
    `ElementSpacing = ${[...spacingMm].reverse().join(" ")}`,
    `DimSize = ${[...shape].reverse().join(" ")}`,
    `ElementType = ${typeNames[elementTypeOf(volume.data)]}`,
    `ElementDataFile = ${dataFile}`,
  ];
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
