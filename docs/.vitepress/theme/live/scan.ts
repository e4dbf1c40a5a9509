import {
  boxesInRegion,
  boxesOfFindings,
  cropVolume,
  isVolumeError,
  orientVolume,
  parseVolumeFiles,
  resampleVolume,
  type Volume,
  windowHu,
} from "@gleaner/volumes";
import { generatePhantom } from "../../../../apps/trainer/src/phantom/generate.js";
import { grayUri } from "./png.js";

export type Triple = [z: number, y: number, x: number];
/** On a picture: left, top, right, bottom in pixels, the center of the first one at 0. */
export type Rectangle = [x0: number, y0: number, x1: number, y1: number];

/** A scan on the grid of the network: voxels of 1.5 mm, axes along LPS, Hounsfield units. */
export interface Scan {
  name: string;
  /** Drawn, so that its nodules are known, and not a visitor's. */
  isPhantom: boolean;
  volume: Volume;
  /** Boxes of its nodules in voxels, 6 numbers each; none are known of a visitor's scan. */
  boxes: Float32Array;
}

/** A cube of a scan as the network sees it. */
export interface Patch {
  /** −1..1, C-order over z, y, x. */
  data: Float32Array;
  /** Boxes of its nodules in its own voxels. */
  boxes: Float32Array;
  start: Triple;
}

/** Edge of a patch in voxels. */
export const patchEdge = 32;
export const spacingMm = 1.5;
/** The window that the teacher was trained with. */
const window = { low: -1000, high: 400 };
/** Small enough that a browser draws it in half a second: 72 × 96 × 96 mm, one lung. */
export const phantomShape: Triple = [48, 64, 64];

// A scan of a meter in each direction would take gigabytes, and a phone has less.
const limits = { fileBytes: 2 ** 30, voxels: 400 ** 3 };

/** The phantom of a seed: what `gleaner phantom` draws, at this size. */
export function phantomScan(seed: number): Scan {
  const { volume, nodules } = generatePhantom({ seed, size: [...phantomShape] });
  return {
    name: `phantom ${seed}`,
    isPhantom: true,
    volume,
    boxes: boxesOfFindings(
      volume,
      nodules.map((nodule) => ({ scan: "", ...nodule })),
    ),
  };
}

/**
 * The scan in a visitor's files, resampled to the grid of the network. They are read where they are: nothing is sent.
 *
 * @throws Error with one sentence for the visitor
 */
export async function scanOfFiles(files: readonly File[]): Promise<Scan> {
  if (files.length === 0) throw new Error("No file was chosen.");
  const name = files.length === 1 ? files[0]!.name : `${files.length} files`;
  let source: Volume;
  try {
    source = await parseVolumeFiles(files, { maxBytes: limits.fileBytes });
  } catch (error) {
    if (!isVolumeError(error)) throw error;
    throw new Error(`${error.message}.`.replace(/\.\.$/, "."), { cause: error });
  }
  const oriented = orientVolume(source);
  const shape = oriented.shape.map((n, axis) => Math.max(1, Math.round((n * oriented.spacingMm[axis]!) / spacingMm)));
  if (shape.reduce((product, n) => product * n) > limits.voxels)
    throw new Error(`${name} has ${shape.join(" × ")} voxels of ${spacingMm} mm; this page takes up to ${limits.voxels}.`);
  const { data, ...grid } = resampleVolume(oriented, { spacingMm: [spacingMm, spacingMm, spacingMm] });
  // Files of floats have NaN where the scanner saw nothing; that is air.
  return {
    name,
    isPhantom: false,
    volume: { ...grid, data: Float32Array.from(data, (hu) => (Number.isNaN(hu) ? window.low : hu)) },
    boxes: new Float32Array(),
  };
}

/** A place moved into a scan. */
export const placeInside = (place: Readonly<Triple>, { volume: { shape } }: Scan): Triple =>
  place.map((at, axis) => Math.min(shape[axis]! - 1, Math.max(0, at))) as Triple;

/** The patch around a voxel; what lies outside of the scan is air. */
export function patchAt({ volume, boxes }: Scan, place: Readonly<Triple>): Patch {
  const start = place.map((at) => at - patchEdge / 2) as Triple;
  const region = { start, shape: [patchEdge, patchEdge, patchEdge] as Triple };
  const { data } = windowHu(cropVolume(volume, { ...region, fill: window.low }), window);
  return { data: data.map((value) => 2 * value - 1), boxes: boxesInRegion(boxes, region), start };
}

/** Where the middles of a scan's nodules are, in whole voxels. */
export const nodulePlaces = ({ boxes }: Pick<Scan, "boxes">): Triple[] =>
  Array.from(
    { length: boxes.length / 6 },
    (_, i) => [0, 1, 2].map((axis) => Math.round((boxes[6 * i + axis]! + boxes[6 * i + axis + 3]!) / 2)) as Triple,
  );

/** What plane z cuts of boxes. */
export function rectanglesOn(boxes: ArrayLike<number>, z: number): Rectangle[] {
  const all = Array.from({ length: boxes.length / 6 }, (_, i) => [0, 1, 2, 3, 4, 5].map((k) => boxes[6 * i + k]!));
  return all.filter(([z0, , , z1]) => z0! <= z && z <= z1!).map(([, y0, x0, , y1, x1]) => [x0!, y0!, x1!, y1!]);
}

/** Slice z of a scan, with the patch and the nodules that it cuts. */
export interface SliceView {
  name: string;
  isPhantom: boolean;
  shape: Triple;
  picture: string;
  patch: Rectangle;
  objects: Rectangle[];
  nodules: Triple[];
}

/** The slice of a scan through a place. */
export function sliceAt(scan: Scan, [z, y, x]: Readonly<Triple>): SliceView {
  const { data, shape } = scan.volume;
  const [rows, columns] = [shape[1], shape[2]];
  const plane = data.subarray(z * rows * columns, (z + 1) * rows * columns);
  const gray = Float32Array.from(plane, (hu) => (hu - window.low) / (window.high - window.low));
  const half = patchEdge / 2;
  return {
    name: scan.name,
    isPhantom: scan.isPhantom,
    shape: [...shape],
    picture: grayUri(gray, [rows, columns]),
    // The patch's voxels reach half a voxel beyond their centers.
    patch: [x - half - 0.5, y - half - 0.5, x + half - 0.5, y + half - 0.5],
    objects: rectanglesOn(scan.boxes, z),
    nodules: nodulePlaces(scan),
  };
}

/** Plane z of a patch in −1..1 as a picture. */
export function planeUri(data: Float32Array, z: number): string {
  const plane = data.subarray(z * patchEdge ** 2, (z + 1) * patchEdge ** 2);
  return grayUri(
    plane.map((value) => (value + 1) / 2),
    [patchEdge, patchEdge],
  );
}
