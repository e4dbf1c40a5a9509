import type { AnchorSet, Triple } from "./anchors.js";
import type { BoxWeights } from "./box-coder.js";
import type { Answers } from "./predict-patches.js";

/**
 * A symmetry of the patch under which it is predicted once more: output axis i is input axis `axes[i]`, reversed if `flips[i]`. The symmetries of
 * `@gleaner/augment` have this form.
 */
export interface PatchView {
  readonly axes: readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2];
  readonly flips: readonly [boolean, boolean, boolean];
}

/** A view of patches of one shape: how voxels go there, and how answers come back. */
export interface PreparedView {
  /** Writes a patch as the view has it, from `from` on in both arrays. */
  voxels(patch: Float32Array, from: number, channels: number, target: Float32Array): void;
  /** The anchor of the view that shows each anchor of the patch. */
  anchorOf: Int32Array;
  /** For each delta of the patch, which one of the view it is and what it is multiplied with. */
  deltaOf: readonly { from: number; factor: number }[];
}

/** Centers of anchors are multiples of half a voxel. */
const centerKey = (box: ArrayLike<number>): string => [0, 1, 2].map((i) => Math.round(box[i]! + box[i + 3]!)).join();

/** Sizes are kept in float32. */
const isSame = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => [0, 1, 2, 3, 4, 5].every((i) => Math.abs(a[i]! - b[i]!) < 1e-3);

/** Prepares a view; throws a RangeError unless it maps the patch onto itself and anchors onto anchors. */
export function prepareView({ axes, flips }: PatchView, shape: Triple, { boxes, count }: AnchorSet, weights: BoxWeights): PreparedView {
  if ([...axes].sort().join() !== "0,1,2" || flips.length !== 3)
    throw new RangeError(`view of axes [${axes}] and ${flips.length} flips, expected an order of 0, 1, 2 and three flips`);
  if (axes.some((axis, i) => shape[axis] !== shape[i]))
    throw new RangeError(
      `view of axes [${axes}] of a patch of [${shape.join(", ")}], expected equal extents of the axes that it exchanges`,
    );
  const anchor = (k: number): Float32Array => boxes.subarray(6 * k, 6 * k + 6);
  const places = new Map<string, number[]>();
  for (let k = 0; k < count; k++) {
    const key = centerKey(anchor(k));
    places.set(key, [...(places.get(key) ?? []), k]);
  }
  const anchorOf = Int32Array.from({ length: count }, (_, k) => {
    const box = [0, 0, 0, 0, 0, 0];
    for (const i of [0, 1, 2]) {
      const [low, high] = [boxes[6 * k + axes[i]!]!, boxes[6 * k + axes[i]! + 3]!];
      [box[i], box[i + 3]] = flips[i] ? [shape[i]! - 1 - high, shape[i]! - 1 - low] : [low, high];
    }
    const place = places.get(centerKey(box))?.find((other) => isSame(anchor(other), box));
    if (place === undefined)
      throw new RangeError(`view of axes [${axes}] takes anchor ${k} onto none, expected anchors that it maps onto each other`);
    return place;
  });
  const deltaOf = [0, 1, 2, 3, 4, 5].map((delta) => {
    const i = axes.indexOf((delta % 3) as 0 | 1 | 2);
    const from = delta < 3 ? i : i + 3;
    return { from, factor: (delta < 3 && flips[i] ? -1 : 1) * (weights[delta]! / weights[from]!) };
  });
  const strides = [shape[1] * shape[2], shape[2], 1];
  const voxels = (patch: Float32Array, from: number, channels: number, target: Float32Array): void => {
    const [dz, dy, dx] = axes.map((axis, i) => (flips[i] ? -1 : 1) * strides[axis]!) as [number, number, number];
    // A reversed axis is read from its far end.
    const first = [dz, dy, dx].reduce((sum, step, i) => (step < 0 ? sum - step * (shape[i]! - 1) : sum), 0);
    let at = from;
    for (let z = 0; z < shape[0]; z++) {
      for (let y = 0; y < shape[1]; y++) {
        for (let x = 0; x < shape[2]; x++) {
          const voxel = from + (first + z * dz + y * dy + x * dx) * channels;
          for (let c = 0; c < channels; c++) target[at++] = patch[voxel + c]!;
        }
      }
    }
  };
  return { voxels, anchorOf, deltaOf };
}

/** A mean of answers over views, to which the views are added one by one. */
export interface MeanOfViews {
  add(answers: Answers, view: PreparedView): void;
  /** Logits of the mean probabilities, and means of the deltas. */
  result(): Answers;
}

/**
 * The mean over views, anchor by anchor: of the probabilities, and of the deltas weighted by the probability of the anchor's likeliest class, since
 * the deltas of a view that sees nothing mean nothing.
 */
export function meanOfViews(views: number, batch: number, count: number): MeanOfViews {
  let classes = 0;
  let probabilities = new Float64Array();
  const sums = new Float64Array(6 * batch * count);
  const sumOfWeights = new Float64Array(batch * count);
  return {
    add(answers, { anchorOf, deltaOf }) {
      if (classes === 0) {
        classes = answers.classes;
        probabilities = new Float64Array(batch * count * classes);
      }
      for (let k = 0; k < batch * count; k++) {
        const place = k - (k % count) + anchorOf[k % count]!;
        let weight = 0;
        for (let c = 0; c < classes; c++) {
          const p = 1 / (1 + Math.exp(-answers.logits[place * classes + c]!));
          probabilities[k * classes + c]! += p / views;
          // NaN must not be lost.
          weight = Math.max(weight, p);
        }
        sumOfWeights[k]! += weight;
        for (const [d, { from, factor }] of deltaOf.entries()) sums[6 * k + d]! += weight * factor * answers.deltas[6 * place + from]!;
      }
    },
    result: () => ({
      logits: Float32Array.from(probabilities, (p) => Math.log(p) - Math.log1p(-Math.min(1, p))),
      // Where no view gives any probability there is nothing to be taken from the deltas.
      deltas: Float32Array.from(sums, (sum, i) => {
        const weight = sumOfWeights[Math.floor(i / 6)]!;
        return weight > 0 ? sum / weight : 0;
      }),
      classes,
    }),
  };
}
