import { drawMixUpLambda, requireAlpha } from "./mix-up.js";
import { requireShape, type Triple } from "./triple.js";

/** A patch as a plain array, with the boxes of its objects. */
export interface ObjectPatch {
  /** Voxels in C order over z, y, x. */
  data: Float32Array;
  shape: Triple;
  /** `[z0, y0, x0, z1, y1, x1]` in voxels, 6 numbers an object; a box may reach out of the patch. */
  boxes: ArrayLike<number>;
}

/**
 * Object-level MixUp: each object mixed with another one of the batch, rescaled to its size.
 *
 * ```
 * out(v) = λ̃·patch(v) + (1 − λ̃)·donor(d0 + (v − b0)·(d1 − d0)/(b1 − b0))   for the voxels v whose center lies in the object's box b
 * ```
 *
 * (Wang et al., FocalMix, CVPR 2020, section 3.4.) b0..b1 is the object's box and d0..d1 the donor's, which is read by trilinear interpolation. Targets are
 * not mixed again: an object mixed with an object is an object. Every object draws its own donor, uniformly among the other objects of all patches, and its own
 * λ̃ = max(λ, 1 − λ), λ ~ Beta(α, α). Donors are read from the patches as given. Where boxes of one patch overlap, they are mixed one after the other.
 *
 * @param patches left as they are
 * @param alpha α ≥ 0 of `drawMixUpLambda`; 0 changes nothing
 * @param random draws in 0..1, 1 excluded
 * @returns the voxels of each patch, new arrays; equal to the input outside of all boxes, and everywhere if there is only one object
 * @throws RangeError if α is negative, a shape does not fit its data, or a box is not finite or is turned around
 *
 * @example
 * ```ts
 * import { mixObjects } from "@gleaner/augment";
 * const one = { data: Float32Array.of(0, 8, 8, 0), shape: [1, 1, 4], boxes: [-0.5, -0.5, 0.5, 0.5, 0.5, 2.5] };
 * const two = { data: Float32Array.of(4, 0, 0, 0), shape: [1, 1, 4], boxes: [-0.5, -0.5, -0.5, 0.5, 0.5, 0.5] };
 * const [first, second] = mixObjects([one, two], 1, () => 0.3);
 * first; // => [0, 6, 5.5, 0]
 * second; // => [6, 0, 0, 0]
 * ```
 */
export const mixObjects = (patches: readonly ObjectPatch[], alpha: number, random: () => number): Float32Array[] =>
  applyObjectMix(patches, drawObjectMix(patches, alpha, random));

/** How one object is mixed: whose it is, whose the donor is, and what stays of the object itself. */
export interface ObjectMix {
  /** Index of the object's patch. */
  patch: number;
  /** `[z0, y0, x0, z1, y1, x1]` in voxels of its patch. */
  box: Float64Array;
  donorPatch: number;
  donorBox: Float64Array;
  /** λ̃ in ½..1. */
  lambda: number;
}

/**
 * Draws for every object of all patches its donor and its λ̃: what `mixObjects` then does, and what a picture of it needs to know.
 *
 * @param patches read, not changed; see {@link mixObjects}
 * @returns one entry an object, in their order; empty if there are fewer than two objects
 * @throws RangeError as {@link mixObjects}
 *
 * @example
 * ```ts
 * import { drawObjectMix } from "@gleaner/augment";
 * const patch = { data: new Float32Array(4), shape: [1, 1, 4], boxes: [0, 0, 0, 1, 1, 1, 0, 0, 2, 1, 1, 3] };
 * drawObjectMix([patch], 0, () => 0.3).map(({ donorBox, lambda }) => [donorBox[2], lambda]); // => [[2, 1], [0, 1]]
 * ```
 */
export function drawObjectMix(patches: readonly ObjectPatch[], alpha: number, random: () => number): ObjectMix[] {
  requireAlpha(alpha);
  const objects: { patch: number; box: Float64Array }[] = [];
  for (const [patch, { data, shape, boxes }] of patches.entries()) {
    requireShape(`patches[${patch}].shape`, shape);
    if (data.length !== shape[0] * shape[1] * shape[2])
      throw new RangeError(`patches[${patch}] has ${data.length} voxels; expected ${shape.join(" × ")}`);
    if (boxes.length % 6 !== 0) throw new RangeError(`patches[${patch}].boxes has ${boxes.length} numbers; expected a multiple of 6`);
    for (let at = 0; at < boxes.length; at += 6) {
      const box = Float64Array.from({ length: 6 }, (_, i) => boxes[at + i]!);
      for (let i = 0; i < 3; i++) {
        if (!(box[i]! < box[i + 3]!) || !Number.isFinite(box[i + 3]! - box[i]!)) {
          throw new RangeError(`patches[${patch}].boxes has [${box}]; expected finite corners, lower before upper`);
        }
      }
      objects.push({ patch, box });
    }
  }
  if (objects.length < 2) return [];
  return objects.map((object, i) => {
    const draw = Math.min(objects.length - 2, Math.floor(random() * (objects.length - 1)));
    const donor = objects[draw < i ? draw : draw + 1]!;
    return { ...object, donorPatch: donor.patch, donorBox: donor.box, lambda: drawMixUpLambda(alpha, random) };
  });
}

/**
 * Mixes objects as `drawObjectMix` drew it; donors are read from the patches as given.
 *
 * @param out where the voxels of each patch are written, equal to the patches before and not the same memory; copies unless given
 * @returns `out`
 * @throws RangeError if an entry names a patch that is not there
 *
 * @example
 * ```ts
 * import { applyObjectMix, drawObjectMix } from "@gleaner/augment";
 * const patch = { data: Float32Array.of(1, 0, 3, 0), shape: [1, 1, 4], boxes: [-0.5, -0.5, -0.5, 0.5, 0.5, 0.5, -0.5, -0.5, 1.5, 0.5, 0.5, 2.5] };
 * const halves = drawObjectMix([patch], 1, () => 0.5).map((mix) => ({ ...mix, lambda: 0.5 }));
 * applyObjectMix([patch], halves); // => [[2, 0, 2, 0]]
 * ```
 */
export function applyObjectMix(
  patches: readonly ObjectPatch[],
  mixes: readonly ObjectMix[],
  out: Float32Array[] = patches.map(({ data }) => data.slice()),
): Float32Array[] {
  for (const [i, { patch, box, donorPatch, donorBox, lambda }] of mixes.entries()) {
    const [own, donor] = [patches[patch], patches[donorPatch]];
    if (!own || !donor) throw new RangeError(`mixes[${i}] names patches ${patch} and ${donorPatch}; expected 0 to ${patches.length - 1}`);
    if (lambda < 1) blend(out[patch]!, own.shape, box, donor, donorBox, lambda);
  }
  return out;
}

/** Mixes the donor's region into the voxels of `box`, in place. */
function blend(data: Float32Array, shape: Triple, box: Float64Array, donor: ObjectPatch, from: Float64Array, lambda: number): void {
  const taps = [0, 1, 2].map((axis) => tapsAlong(axis, shape[axis]!, box, donor.shape[axis]!, from));
  const [sliceStep, rowStep] = [donor.shape[1] * donor.shape[2], donor.shape[2]];
  for (const z of taps[0]!) {
    for (const y of taps[1]!) {
      for (const x of taps[2]!) {
        let value = 0;
        // In plain numbers: an array for each corner would take most of the time.
        for (let corner = 0; corner < 8; corner++) {
          const cz = corner >> 2;
          const cy = (corner >> 1) & 1;
          const cx = corner & 1;
          const weight = (cz ? z.part : 1 - z.part) * (cy ? y.part : 1 - y.part) * (cx ? x.part : 1 - x.part);
          if (weight > 0) value += weight * donor.data[(z.low + cz) * sliceStep + (y.low + cy) * rowStep + x.low + cx]!;
        }
        const at = (z.at * shape[1] + y.at) * shape[2] + x.at;
        data[at] = lambda * data[at]! + (1 - lambda) * value;
      }
    }
  }
}

/** For each voxel of an axis that lies in the box: the donor's voxel at or below its counterpart, and how far it is to the next. */
function tapsAlong(
  axis: number,
  size: number,
  box: Float64Array,
  donorSize: number,
  from: Float64Array,
): { at: number; low: number; part: number }[] {
  const [low, high] = [box[axis]!, box[axis + 3]!];
  const scale = (from[axis + 3]! - from[axis]!) / (high - low);
  const taps: { at: number; low: number; part: number }[] = [];
  for (let at = Math.max(0, Math.ceil(low)); at <= Math.min(size - 1, Math.floor(high)); at++) {
    // Beyond the donor's patch its border is continued.
    const position = Math.min(donorSize - 1, Math.max(0, from[axis]! + (at - low) * scale));
    taps.push({ at, low: Math.floor(position), part: position - Math.floor(position) });
  }
  return taps;
}
