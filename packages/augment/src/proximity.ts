/**
 * How near probabilities come to a label: 1 for certainty of it, 0 for certainty of another.
 *
 * ```
 * 1 − ½·Σ_c |p_c − [c = label]|
 * ```
 *
 * (Berthelot et al., ReMixMatch, ICLR 2020, section 3.2.2.)
 *
 * @param probabilities one for each class, summing to 1; what rounding leaves beyond 0..1 is cut off
 * @param label 0..classes−1
 * @returns a number in 0..1
 * @throws RangeError if the label is no class, or a probability is not in 0..1 (with 1e-4 for rounding)
 *
 * @example
 * ```ts
 * import { proximity } from "@gleaner/augment";
 * proximity([0.7, 0.2, 0.1], 0); // => 0.7
 * ```
 */
export function proximity(probabilities: ArrayLike<number>, label: number): number {
  if (!Number.isInteger(label) || label < 0 || label >= probabilities.length) {
    throw new RangeError(`label is ${label}; expected an integer in 0..${probabilities.length - 1}`);
  }
  let distance = 0;
  for (let c = 0; c < probabilities.length; c++) {
    const p = probabilities[c]!;
    if (!(p >= -1e-4 && p <= 1 + 1e-4)) throw new RangeError(`probabilities[${c}] is ${p}; expected a number in 0..1`);
    distance += Math.abs(p - (c === label ? 1 : 0));
  }
  return Math.min(1, Math.max(0, 1 - distance / 2));
}
