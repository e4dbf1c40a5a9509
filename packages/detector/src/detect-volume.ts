import { type AnchorSet, strideTriple, type Triple } from "./anchors.js";
import { type DecodeOptions, decodeBoxes } from "./box-coder.js";
import { mergeWeighted } from "./merge-weighted.js";
import { nonMaxSuppression3d, selectTopScores } from "./nms.js";
import { type Predict, patchPredictor } from "./predict-patches.js";
import { copyPatch, nearMask, type TileSpan, tileMeetsMask, tileVolume } from "./tiles.js";
import type { PatchView } from "./views.js";

export interface ScanInput {
  /** Voxels [z, y, x], or [z, y, x, channel] with several channels, prepared as the network was trained. */
  data: Float32Array;
  shape: Triple;
  /** 1 unless told. */
  channels?: number;
}

export interface DetectOptions extends DecodeOptions {
  /** Shape of the patches that the network sees, in voxels. */
  patchShape: Triple;
  /** The anchors of a patch of this shape, in the order of the predictions. */
  anchors: AnchorSet;
  /** Voxels that neighboring patches share at least, one number or one an axis; a quarter of the patch unless told. */
  overlap?: number | Triple;
  /** Patches predicted at once; 1 unless told. */
  batch?: number;
  /** Only scores strictly above it are taken; 0.05 unless told. */
  scoreThreshold?: number;
  /** At most so many boxes of one level of one patch; 200 unless told. */
  topK?: number;
  /**
   * What becomes of boxes that overlap: "nms" keeps the best; "weighted" takes their weighted mean, and lowers the score where a patch that could have
   * seen the place has no box there (see {@link mergeWeighted}). "nms" unless told.
   */
  merge?: "nms" | "weighted";
  /** Boxes with an IoU above it with a better one are removed, or merged with it; 0.1 unless told. */
  iouThreshold?: number;
  /** Symmetries under which each patch is predicted and averaged, anchor by anchor; only as it lies in the scan unless told. */
  views?: readonly PatchView[];
  /** At most so many boxes of the scan; 100 unless told. */
  maxDetections?: number;
  /** Value of what a patch shows outside the scan; 0 unless told. */
  fill?: number;
  /** One number a voxel [z, y, x]: the center of a box must lie where it is not 0, or near it. Patches far from it are not predicted. */
  mask?: Uint8Array;
  /** How near, in voxels; 0 unless told. */
  maskMargin?: number;
  /** Called before the first patch and after every batch. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Ends the work before the next batch, with the signal's reason. */
  signal?: AbortSignal;
}

/** Detections of a scan, best first. */
export interface Detections {
  /** Flat, 6 numbers each, voxels of the scan. */
  boxes: Float32Array;
  /** Probabilities. */
  scores: Float32Array;
  /** Classes. */
  labels: Int32Array;
}

interface Candidates {
  boxes: number[];
  logits: number[];
  labels: number[];
  /** The patch each is from. */
  tiles: number[];
}

/** A task of its own, so that timers, input and rendering get their turn. */
const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const startOf = (tile: readonly TileSpan[]): Triple => tile.map(({ start }) => start) as unknown as Triple;

function checkInput({ data, shape, channels = 1 }: ScanInput, options: DetectOptions, overlap: Triple): void {
  const { patchShape, mask, batch = 1, merge = "nms", views } = options;
  if (merge !== "nms" && merge !== "weighted") throw new RangeError(`merge ${merge}, expected "nms" or "weighted"`);
  if (views?.length === 0) throw new RangeError("views is empty, expected at least one symmetry");
  const voxels = shape[0] * shape[1] * shape[2];
  if (data.length !== voxels * channels) {
    throw new RangeError(
      `data has ${data.length} numbers, expected ${voxels * channels} for shape [${shape.join(", ")}] and ${channels} channels`,
    );
  }
  if (mask && mask.length !== voxels) throw new RangeError(`mask has ${mask.length} numbers, expected ${voxels}, one a voxel`);
  if (!(Number.isInteger(batch) && batch > 0)) throw new RangeError(`batch ${batch}, expected a positive integer`);
  for (const axis of [0, 1, 2]) {
    const [patch, shared] = [patchShape[axis]!, overlap[axis]!];
    if (!(Number.isInteger(patch) && patch > 0)) throw new RangeError(`patchShape [${patchShape.join(", ")}], expected positive integers`);
    if (!(Number.isInteger(shared) && shared >= 0 && shared < patch)) {
      throw new RangeError(`overlap ${shared} along axis ${axis}, expected a whole number from 0 to less than the patch's ${patch}`);
    }
  }
}

/** The level of each anchor. */
function levelsOf({ grid, count }: AnchorSet): Uint8Array {
  const levels = new Uint8Array(count);
  let first = 0;
  for (const [level, { shape, anchors }] of grid.levels.entries()) {
    const last = first + shape[0] * shape[1] * shape[2] * anchors.length;
    levels.fill(level, first, last);
    first = last;
  }
  return levels;
}

/**
 * Finds lesions in a whole scan: predicts overlapping patches, decodes and selects their boxes, and merges them.
 *
 * A patch answers for centers inside it except near the sides that it shares with another patch, where that one sees more context.
 * Centers outside the scan are dropped. A lesion larger than a patch is seen in parts by several patches, and gets a box for each part. Between batches
 * other tasks get their turn. Nothing but the result is kept in memory.
 *
 * @param predict the network; it shall not dispose of its input
 * @param input the scan
 * @returns boxes, scores and labels, best first; all empty where nothing is above the threshold
 * @throws RangeError if sizes disagree, a view does not map anchors onto anchors, or the network answers NaN; the reason of `signal` when it is aborted
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import * as tf from "@tensorflow/tfjs-core";
 * import { createPyramidDetector, detectVolume } from "@gleaner/detector";
 * await tf.ready();
 * const detector = createPyramidDetector();
 * const scan = { data: new Float32Array(8 * 16 * 16), shape: [8, 16, 16] as const };
 * const patches: number[] = [];
 * const patchShape = [8, 8, 8] as const;
 * const found = await detectVolume(detector.predict, scan, {
 *   patchShape,
 *   anchors: detector.anchors(patchShape),
 *   overlap: 0,
 *   onProgress: ({ done }) => patches.push(done),
 * });
 * patches; // => [0, 1, 2, 3, 4]
 * found.scores; // => []
 * ```
 */
export async function detectVolume(predict: Predict, input: ScanInput, options: DetectOptions): Promise<Detections> {
  const { patchShape, anchors, batch = 1, scoreThreshold = 0.05, topK = 200, iouThreshold = 0.1, maxDetections = 100, fill = 0 } = options;
  const { mask, maskMargin = 0, onProgress, signal, merge = "nms" } = options;
  const { data, shape, channels = 1 } = input;
  const overlap = strideTriple(options.overlap ?? (patchShape.map((extent) => Math.floor(extent / 4)) as unknown as Triple));
  checkInput(input, options, overlap);
  const threshold = Math.log(scoreThreshold) - Math.log1p(-scoreThreshold);
  if (Number.isNaN(threshold)) throw new RangeError(`scoreThreshold ${scoreThreshold}, expected a number in [0, 1]`);

  const answersFor = (tile: readonly TileSpan[], box: ArrayLike<number>, i: number): boolean => {
    const center = [0, 1, 2].map((axis) => (box[i + axis]! + box[i + axis + 3]!) / 2) as unknown as Triple;
    return (
      tile.every(({ from, to }, axis) => center[axis]! >= from && center[axis]! <= to) &&
      center.every((c, axis) => c >= -0.5 && c <= shape[axis]! - 0.5) &&
      (mask === undefined || nearMask(mask, shape, center, maskMargin))
    );
  };
  const all: Candidates = { boxes: [], logits: [], labels: [], tiles: [] };
  const levels = levelsOf(anchors);
  /** Adds the best boxes of each level of one patch. */
  const collect = (number: number, tile: readonly TileSpan[], logits: Float32Array, deltas: Float32Array, classes: number): void => {
    const start = startOf(tile);
    const boxes: number[] = [];
    const picked: { logit: number; label: number; level: number }[] = [];
    for (let k = 0; k < logits.length; k++) {
      const logit = logits[k]!;
      if (Number.isNaN(logit)) throw new RangeError(`predict answered NaN for the patch at [${start.join(", ")}]`);
      if (logit <= threshold) continue;
      const i = 6 * Math.floor(k / classes);
      const box = decodeBoxes(anchors.boxes.subarray(i, i + 6), deltas.subarray(i, i + 6), options);
      for (let c = 0; c < 6; c++) box[c]! += start[c % 3]!;
      if (!answersFor(tile, box, 0)) continue;
      boxes.push(...box);
      picked.push({ logit, label: k % classes, level: levels[i / 6]! });
    }
    for (const level of anchors.grid.levels.keys()) {
      const scores = picked.map((one) => (one.level === level ? one.logit : Number.NaN));
      for (const k of selectTopScores(scores, { limit: topK })) {
        all.boxes.push(...boxes.slice(6 * k, 6 * k + 6));
        all.logits.push(scores[k]!);
        all.labels.push(picked[k]!.label);
        all.tiles.push(number);
      }
    }
  };

  const hasVoxels = shape.every((extent) => extent > 0);
  const tiles = (hasVoxels ? tileVolume(shape, patchShape, overlap) : []).filter(
    (tile) => !mask || tileMeetsMask(mask, shape, startOf(tile), patchShape, maskMargin),
  );
  const predictGroup = patchPredictor(predict, options);
  const size = patchShape[0] * patchShape[1] * patchShape[2] * channels;
  onProgress?.({ done: 0, total: tiles.length });
  for (let first = 0; first < tiles.length; first += batch) {
    await nextTask();
    signal?.throwIfAborted();
    const group = tiles.slice(first, first + batch);
    const patches = new Float32Array(group.length * size).fill(fill);
    for (const [i, tile] of group.entries()) copyPatch(data, shape, channels, startOf(tile), patchShape, patches, i * size);
    const { logits, deltas, classes } = await predictGroup(patches, group.length, channels, signal);
    for (const [i, tile] of group.entries()) {
      const [a, b] = [i * anchors.count, (i + 1) * anchors.count];
      collect(first + i, tile, logits.subarray(a * classes, b * classes), deltas.subarray(6 * a, 6 * b), classes);
    }
    onProgress?.({ done: Math.min(first + batch, tiles.length), total: tiles.length });
  }

  const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
  const { labels } = all;
  if (merge === "weighted") {
    const merged = mergeWeighted(all.boxes, all.logits.map(sigmoid), {
      iouThreshold,
      labels,
      sources: all.tiles,
      // Of the patches that were predicted, those that answer for the place.
      expected: (center) => tiles.filter((tile) => tile.every(({ from, to }, axis) => center[axis]! >= from && center[axis]! <= to)).length,
      maxKept: maxDetections,
    });
    return { boxes: merged.boxes, scores: merged.scores, labels: merged.best.map((k) => labels[k]!) };
  }
  const kept = nonMaxSuppression3d(all.boxes, all.logits, { iouThreshold, maxKept: maxDetections, labels });
  return {
    boxes: Float32Array.from({ length: 6 * kept.length }, (_, i) => all.boxes[6 * kept[Math.floor(i / 6)]! + (i % 6)]!),
    scores: Float32Array.from(kept, (k) => sigmoid(all.logits[k]!)),
    labels: kept.map((k) => labels[k]!),
  };
}
