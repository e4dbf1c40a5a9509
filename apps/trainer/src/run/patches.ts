import { randomSymmetry, type Symmetry, transformBoxes, transformVolume } from "@gleaner/augment";
import { type AnchorSet, anchorTargets, matchAnchors } from "@gleaner/detector";
import type { DetectionBatch } from "@gleaner/methods";
import { randomInteger } from "@gleaner/training";
import { boxesOfFindings, type Finding } from "@gleaner/volumes";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import type { DataSplit } from "./data-split.js";
import type { OpenedScan, ScanStore } from "./prepared-scans.js";

type Triple = [number, number, number];

/** Hounsfield units to −1..1 of a window. */
export function toNetworkRange(data: ArrayLike<number>, [low, high]: readonly [number, number]): Float32Array {
  const out = new Float32Array(data.length);
  const scale = 2 / (high - low);
  for (let i = 0; i < out.length; i++) out[i] = Math.max(-1, Math.min(1, (data[i]! - low) * scale - 1));
  return out;
}

/** A patch of a scan with the boxes in it, in the patch's voxels. */
export interface Patch {
  data: Float32Array;
  boxes: Float32Array;
}

/** Cuts a cube around one of the boxes (somewhere in its middle half) or anywhere; what lies outside the scan is air. */
export async function samplePatch(
  scan: OpenedScan,
  boxes: Float32Array,
  size: number,
  windowHu: readonly [number, number],
  foreground: boolean,
  random: () => number,
): Promise<Patch> {
  const { shape } = scan.grid;
  let start: Triple;
  if (foreground && boxes.length > 0) {
    const box = 6 * randomInteger(boxes.length / 6, random);
    start = [0, 1, 2].map((axis) => {
      const center = (boxes[box + axis]! + boxes[box + 3 + axis]!) / 2;
      return Math.round(center - size / 2 + (random() - 0.5) * (size / 2));
    }) as Triple;
  } else {
    start = shape.map((length) => (length <= size ? Math.floor((length - size) / 2) : randomInteger(length - size + 1, random))) as Triple;
  }
  const crop = await scan.cut({ start, shape: [size, size, size] }, windowHu[0]);
  const kept: number[] = [];
  for (let i = 0; i < boxes.length; i += 6) {
    const box = [0, 1, 2, 3, 4, 5].map((k) => boxes[i + k]! - start[k % 3]!);
    if ([0, 1, 2].every((axis) => box[axis + 3]! > -0.5 && box[axis]! < size - 0.5)) kept.push(...box);
  }
  return { data: toNetworkRange(crop.data, windowHu), boxes: Float32Array.from(kept) };
}

/** Draws patches of the labeled and of the unlabeled scans, every scan as often as another. */
export interface PatchSource {
  labeled(count: number): Promise<Patch[]>;
  unlabeled(count: number): Promise<Patch[]>;
}

export function createPatchSource(
  config: Config,
  split: Pick<DataSplit, "labeled" | "unlabeled" | "findings">,
  store: Pick<ScanStore, "open">,
  random: () => number,
): PatchSource {
  const { patch: size, foreground } = config.training;
  const { windowHu } = config.preprocessing;
  const findingsOf = new Map<string, Finding[]>();
  for (const finding of split.findings) findingsOf.set(finding.scan, [...(findingsOf.get(finding.scan) ?? []), finding]);
  const draw = async (count: number, one: () => Promise<Patch>): Promise<Patch[]> => {
    const patches: Patch[] = [];
    for (let i = 0; i < count; i++) patches.push(await one());
    return patches;
  };
  return {
    labeled: (count) =>
      draw(count, async () => {
        const scan = await store.open(split.labeled[randomInteger(split.labeled.length, random)]!);
        return samplePatch(scan, boxesOfFindings(scan.grid, findingsOf.get(scan.id) ?? []), size, windowHu, random() < foreground, random);
      }),
    unlabeled: (count) =>
      draw(count, async () => {
        const scan = await store.open(split.unlabeled[randomInteger(split.unlabeled.length, random)]!);
        return samplePatch(scan, new Float32Array(), size, windowHu, false, random);
      }),
  };
}

/** The symmetry that a training patch is seen under. */
export function drawSymmetry(kind: Config["training"]["symmetries"], random: () => number): Symmetry {
  if (kind === "none") return { axes: [0, 1, 2], flips: [false, false, false] };
  return randomSymmetry(random, { permute: kind === "cube" });
}

/** Patches as one tensor `[batch, size, size, size, 1]`. */
export function stackPatches(patches: readonly Patch[], size: number): tf.Tensor5D {
  const data = new Float32Array(patches.length * size ** 3);
  for (const [i, patch] of patches.entries()) data.set(patch.data, i * size ** 3);
  return tf.tensor5d(data, [patches.length, size, size, size, 1]);
}

/** Labeled patches, each under its symmetry, with what every anchor is to learn. */
export function labeledBatch(
  patches: readonly Patch[],
  symmetries: readonly Symmetry[],
  size: number,
  anchors: AnchorSet,
  matching: Config["matching"],
): DetectionBatch {
  const count = patches.length;
  const n = anchors.count;
  const targets = new Float32Array(count * n);
  const weights = new Float32Array(count * n);
  const positives = new Float32Array(count * n);
  const deltas = new Float32Array(count * n * 6);
  const cubes: tf.Tensor5D[] = [];
  for (const [i, patch] of patches.entries()) {
    const view = symmetries[i]!;
    cubes.push(tf.tidy(() => transformVolume(stackPatches([patch], size), view)));
    const boxes = transformBoxes(patch.boxes, [size, size, size], view);
    // A box whose center the border cut off is neither background nor an object whose extent could be told: its anchors are ignored.
    const matches = matchAnchors(
      anchors.boxes,
      boxes,
      matching.method === "atss" ? { ...matching, method: "atss", grid: anchors.grid } : { ...matching, method: matching.method },
    ).map((box) => (box >= 0 && !isInside(boxes, box, size) ? -2 : box));
    const learnt = anchorTargets(anchors.boxes, boxes, matches);
    targets.set(learnt.targets, i * n);
    weights.set(learnt.weights, i * n);
    positives.set(learnt.positives, i * n);
    deltas.set(learnt.deltas, i * n * 6);
  }
  const joined = tf.concat(cubes, 0) as tf.Tensor5D;
  tf.dispose(cubes);
  return {
    patches: joined,
    targets: tf.tensor2d(targets, [count, n]),
    weights: tf.tensor2d(weights, [count, n]),
    positives: tf.tensor2d(positives, [count, n]),
    deltas: tf.tensor3d(deltas, [count, n, 6]),
  };
}

function isInside(boxes: Float32Array, box: number, size: number): boolean {
  return [0, 1, 2].every((axis) => {
    const center = (boxes[6 * box + axis]! + boxes[6 * box + 3 + axis]!) / 2;
    return center >= -0.5 && center <= size - 0.5;
  });
}
