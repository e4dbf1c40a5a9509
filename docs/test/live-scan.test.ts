import { inflateSync } from "node:zlib";
import { createVolume, formatMetaImage } from "@gleaner/volumes";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anchorEdgesMm, anchorIndex, anchorPlace, locationMap, planeOf } from "../.vitepress/theme/live/anchor-places.js";
import { grayUri, heatUri } from "../.vitepress/theme/live/png.js";
import { nodulePlaces, patchAt, placeInside, rectanglesOn, scanOfFiles, sliceAt } from "../.vitepress/theme/live/scan.js";

/** The rows of a PNG, filter bytes left out; zlib checks its sum. */
function decode(uri: string, channels: number): { width: number; height: number; rows: number[][] } {
  const bytes = Buffer.from(uri.slice("data:image/png;base64,".length), "base64");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const at = bytes.indexOf("IDAT");
  const raw = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)));
  const step = width * channels + 1;
  return { width, height, rows: Array.from({ length: height }, (_, y) => [...raw.subarray(y * step + 1, (y + 1) * step)]) };
}

test("gray and heat are PNGs of the values", () => {
  expect(decode(grayUri([0, 0.5, 1, -3, 7, 0.2], [2, 3]), 1)).toEqual({
    width: 3,
    height: 2,
    rows: [
      [0, 128, 255],
      [0, 255, 51],
    ],
  });
  expect(decode(heatUri([0, 1], [1, 2]), 4).rows).toEqual([[255, 45, 160, 0, 255, 45, 160, 217]]);
  // The sum over a chunk, by the example of the PNG specification: an IEND chunk always ends in AE 42 60 82.
  expect(
    Buffer.from(grayUri([0], [1, 1]).slice(22), "base64")
      .subarray(-4)
      .toString("hex"),
  ).toBe("ae426082");
  // More than one stored block.
  expect(
    decode(grayUri(new Float32Array(300 * 300).fill(1), [300, 300]), 1)
      .rows.flat()
      .every((value) => value === 255),
  ).toBe(true);
});

test("anchors have their places, and planes are the same ones from behind", () => {
  fc.assert(
    fc.property(fc.nat({ max: 1535 }), (index) => {
      expect(anchorIndex(anchorPlace(index))).toBe(index);
    }),
  );
  for (let depth = 0; depth < 8; depth++) expect(31 - planeOf(7 - depth, true)).toBe(planeOf(depth));
  const values = new Float32Array(1536);
  values[anchorIndex({ depth: 2, row: 3, column: 4, size: 1 })] = 0.5;
  values[anchorIndex({ depth: 2, row: 3, column: 4, size: 2 })] = 0.25;
  expect(locationMap(values, 2).indexOf(0.5)).toBe(3 * 8 + 4);
  expect(locationMap(values, 3)).toEqual(new Array(64).fill(0));
  expect(anchorEdgesMm).toEqual([5, 8, 13]);
});

const volume = createVolume({
  data: Int16Array.from({ length: 4 * 5 * 6 }, (_, i) => i - 300),
  shape: [4, 5, 6],
  spacingMm: [1.5, 1.5, 1.5],
});
const scan = { name: "a scan", isPhantom: true, volume, boxes: Float32Array.of(1, 1, 1, 3, 3, 3) };

test("a patch is cut where it was put, with air around and the boxes inside", () => {
  const { data, boxes, start } = patchAt(scan, [2, 2, 3]);
  expect(start).toEqual([-14, -14, -13]);
  expect(boxes).toEqual(Float32Array.of(15, 15, 14, 17, 17, 16));
  expect(data[0]).toBe(-1);
  // The voxel at 2, 2, 3 is in the middle; −1000 to 400 HU become −1 to 1.
  expect(data[(16 * 32 + 16) * 32 + 16]).toBeCloseTo((2 * (volume.data[(2 * 5 + 2) * 6 + 3]! + 1000)) / 1400 - 1, 6);
  expect(placeInside([9, -2, 3], scan)).toEqual([3, 0, 3]);
  expect(nodulePlaces(scan)).toEqual([[2, 2, 2]]);
  expect(rectanglesOn(scan.boxes, 2)).toEqual([[1, 1, 3, 3]]);
  expect(rectanglesOn(scan.boxes, 0)).toEqual([]);
  expect(sliceAt(scan, [2, 2, 3])).toMatchObject({ shape: [4, 5, 6], patch: [-13.5, -14.5, 18.5, 17.5], objects: [[1, 1, 3, 3]] });
});

test("a visitor's file becomes a scan of 1.5 mm; what is none is refused by one sentence", async () => {
  const fine = createVolume({ data: new Float32Array(8).fill(Number.NaN), shape: [2, 2, 2], spacingMm: [1.5, 1.5, 1.5] });
  const file = (name: string, bytes: Uint8Array): File => new File([bytes as BlobPart], name);
  const read = await scanOfFiles([file("scan.mha", formatMetaImage(fine))]);
  expect(read).toMatchObject({ name: "scan.mha", isPhantom: false, volume: { shape: [2, 2, 2] }, boxes: new Float32Array() });
  expect([...read.volume.data]).toEqual(new Array(8).fill(-1000));
  await expect(scanOfFiles([])).rejects.toThrow("No file was chosen.");
  await expect(scanOfFiles([file("letter.nrrd", new TextEncoder().encode("Dear Sir"))])).rejects.toThrow(/letter\.nrrd.*\.$/);
  const vast = createVolume({ data: new Int16Array(2 * 2 * 2), shape: [2, 2, 2], spacingMm: [400, 400, 400] });
  await expect(scanOfFiles([file("vast.mha", formatMetaImage(vast))])).rejects.toThrow(
    "vast.mha has 533 × 533 × 533 voxels of 1.5 mm; this page takes up to 64000000.",
  );
});
