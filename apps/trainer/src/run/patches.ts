import { randomSymmetry, type Symmetry, transformBoxes } from "@gleaner/augment";
import { type AnchorSet, type AnchorTargets, anchorTargets, matchAnchors } from "@gleaner/detector";
import { type RandomSnapshot, randomInteger, restoreRandom } from "@gleaner/training";
import { boxesOfFindings, type Finding } from "@gleaner/volumes";
import type { Config } from "../config.js";
import type { Scan } from "./data-split.js";
import type { OpenedScan, ScanStore } from "./prepared-scans.js";

type Triple = [number, number, number];

/** How the patches of a run are made; plain data, so that a thread can be told. */
export interface PatchRecipe {
  /** Edge in voxels. */
  size: number;
  windowHu: readonly [number, number];
  /** Share of the labeled patches that are cut around a nodule. */
  foreground: number;
  symmetries: Config["training"]["symmetries"];
  anchors: AnchorSet;
  matching: Config["matching"];
}

/** One patch of a batch: of which scan, and where its random stream stands. */
export interface PatchJob {
  scan: Scan;
  random: RandomSnapshot;
  /** The nodules of a labeled scan; absent for a patch that is seen without annotations. */
  findings?: readonly Finding[];
}

/** A patch as the network sees it. */
export interface Patch {
  /** `[size, size, size]` in C order, −1..1. */
  voxels: Float32Array;
  /** What every anchor is to learn, of a labeled patch. */
  targets?: AnchorTargets;
  /** The nodules of a labeled patch, `[z0, y0, x0, z1, y1, x1]` in its voxels, flat; those whose center lies in it. */
  boxes?: Float32Array;
}

/** A patch is a function of its job: a labeled one under a symmetry and with its targets, an unlabeled one as it lies in the scan. */
export async function makePatch(
  { scan: source, random: snapshot, findings }: PatchJob,
  recipe: PatchRecipe,
  store: Pick<ScanStore, "open">,
) {
  const { size, windowHu, foreground, symmetries } = recipe;
  const random = restoreRandom(snapshot);
  const scan = await store.open(source);
  if (!findings) return { voxels: (await samplePatch(scan, new Float32Array(), size, windowHu, false, random)).voxels } satisfies Patch;
  const { voxels, boxes } = await samplePatch(scan, boxesOfFindings(scan.grid, findings), size, windowHu, random() < foreground, random);
  const view = drawSymmetry(symmetries, random);
  const turned = transformBoxes(boxes, [size, size, size], view);
  return {
    voxels: turnCube(voxels, size, view),
    targets: targetsOf(turned, recipe),
    boxes: boxesInside(turned, size),
  } satisfies Patch;
}

/** Hounsfield units to −1..1 of a window. */
export function toNetworkRange(data: ArrayLike<number>, [low, high]: readonly [number, number]): Float32Array {
  const out = new Float32Array(data.length);
  const scale = 2 / (high - low);
  for (let i = 0; i < out.length; i++) out[i] = Math.max(-1, Math.min(1, (data[i]! - low) * scale - 1));
  return out;
}

/** Cuts a cube around one of the boxes (somewhere in its middle half) or anywhere, with the boxes in it; what lies outside the scan is air. */
export async function samplePatch(
  scan: OpenedScan,
  boxes: Float32Array,
  size: number,
  windowHu: readonly [number, number],
  foreground: boolean,
  random: () => number,
): Promise<{ voxels: Float32Array; boxes: Float32Array }> {
  const { shape } = scan.grid;
  let start: Triple;
  if (foreground && boxes.length > 0) {
    const box = 6 * randomInteger(boxes.length / 6, random);
    start = [0, 1, 2].map((axis) => {
      const center = (boxes[box + axis]! + boxes[box + 3 + axis]!) / 2;
      return Math.round(center - size / 2 + (random() - 0.5) * (size / 2));
    }) as Triple;
  } else {
    start = drawStart(shape, size, random);
  }
  const kept: number[] = [];
  for (let i = 0; i < boxes.length; i += 6) {
    const box = [0, 1, 2, 3, 4, 5].map((k) => boxes[i + k]! - start[k % 3]!);
    if ([0, 1, 2].every((axis) => box[axis + 3]! > -0.5 && box[axis]! < size - 0.5)) kept.push(...box);
  }
  return { voxels: await cutCube(scan, start, size, windowHu), boxes: Float32Array.from(kept) };
}

/** Where a cube begins that lies anywhere in a scan; around the middle of a scan that is no larger. */
export const drawStart = (shape: readonly number[], size: number, random: () => number): Triple =>
  shape.map((length) => (length <= size ? Math.floor((length - size) / 2) : randomInteger(length - size + 1, random))) as Triple;

/** The voxels of a cube at a place of a scan as the network sees them; what lies outside of the scan is air. */
export async function cutCube(scan: OpenedScan, start: Triple, size: number, windowHu: readonly [number, number]): Promise<Float32Array> {
  const { data } = await scan.cut({ start, shape: [size, size, size] }, windowHu[0]);
  return toNetworkRange(data, windowHu);
}

/** The symmetry that a training patch is seen under. */
export function drawSymmetry(kind: Config["training"]["symmetries"], random: () => number): Symmetry {
  if (kind === "none") return { axes: [0, 1, 2], flips: [false, false, false] };
  return randomSymmetry(random, { permute: kind === "cube" });
}

/** The voxels of a cube under a symmetry, as `transformVolume` has it for tensors: threads have no engine. */
export function turnCube(voxels: Float32Array, size: number, { axes, flips }: Symmetry): Float32Array {
  const strides = [size * size, size, 1];
  const [dz, dy, dx] = axes.map((axis, i) => (flips[i] ? -strides[axis]! : strides[axis]!)) as Triple;
  // A flipped axis is read from its far end.
  const first = [dz, dy, dx].reduce((sum, step) => (step < 0 ? sum - step * (size - 1) : sum), 0);
  const out = new Float32Array(voxels.length);
  let at = 0;
  for (let z = 0; z < size; z++) {
    for (let y = 0; y < size; y++) {
      let from = first + z * dz + y * dy;
      for (let x = 0; x < size; x++, from += dx) out[at++] = voxels[from]!;
    }
  }
  return out;
}

/** What the anchors of a patch are to learn of the boxes in it. */
export function targetsOf(boxes: Float32Array, { size, anchors, matching }: Pick<PatchRecipe, "size" | "anchors" | "matching">) {
  const matches = matchAnchors(
    anchors.boxes,
    boxes,
    matching.method === "atss" ? { ...matching, method: "atss", grid: anchors.grid } : { ...matching, method: matching.method },
  );
  // A box whose center the border cut off is neither background nor an object whose extent could be told: its anchors are ignored.
  return anchorTargets(
    anchors.boxes,
    boxes,
    matches.map((box) => (box >= 0 && !isInside(boxes, box, size) ? -2 : box)),
  );
}

/** The boxes whose center lies in a patch. */
const boxesInside = (boxes: Float32Array, size: number): Float32Array => boxes.filter((_, i) => isInside(boxes, Math.floor(i / 6), size));

function isInside(boxes: Float32Array, box: number, size: number): boolean {
  return [0, 1, 2].every((axis) => {
    const center = (boxes[6 * box + axis]! + boxes[6 * box + 3 + axis]!) / 2;
    return center >= -0.5 && center <= size - 0.5;
  });
}
