import { requireCount, requireIndices, requireLength } from "./checks.js";
import { type Mapping, mappingOf } from "./mapping.js";

export interface CurriculumOptions {
  /** C, how many classes there are. */
  classes: number;
  /** N, how many unlabeled samples there are; they are known by their indices 0..N−1. */
  unlabeled: number;
  /** τ in 0..1, the fixed threshold. Default 0.95. */
  threshold?: number;
  /** Whether samples that count for no class yet hold the thresholds down. Default true. */
  warmUp?: boolean;
  /** M. Default "convex". */
  mapping?: Mapping;
  /**
   * "float32" rounds confidences and thresholds after each operation, as the authors' PyTorch code does: with the linear and the convex mapping its
   * thresholds are the same to the bit. Default "float64".
   */
  precision?: "float64" | "float32";
}

/** All there is to know of a curriculum: plain data which survives JSON, except for a mapping that is a function and for typed labels. */
export interface CurriculumSnapshot<Labels extends ArrayLike<number> = number[]> extends Required<CurriculumOptions> {
  /** The class that each sample counts for, −1 for none. */
  labels: Labels;
}

/** Per-class thresholds that follow how well each class is learnt. */
export interface Curriculum {
  readonly classes: number;
  readonly unlabeled: number;
  /** τ, the fixed threshold. */
  readonly threshold: number;
  /**
   * Counts predictions on weak views, in O(batch): a sample whose confidence reaches the FIXED threshold τ counts for its class from now on. It can move to
   * another class but never leaves; where an index is repeated the last confident prediction wins. A NaN confidence counts for nothing.
   *
   * @throws RangeError for an index outside 0..N−1, a class outside 0..C−1 or unequal lengths; nothing is counted then
   */
  observe(indices: ArrayLike<number>, confidences: ArrayLike<number>, classes: ArrayLike<number>): void;
  /** σ_c, how many samples count for each class. */
  learningEffects(): Uint32Array;
  /** β_c in 0..1: σ_c / max(max σ, N − Σσ), without warm-up σ_c / max σ; 0 for all classes while that is 0 / 0. */
  beta(): Float64Array;
  /** T_c = M(β_c)·τ in 0..τ, the FLEXIBLE thresholds. */
  thresholds(): Float64Array;
  /**
   * 1 for each prediction whose confidence reaches the FLEXIBLE threshold of its class (≥), 0 for the others and for NaN. In a training step this comes
   * before `observe`, so that a sample has no part in its own threshold.
   *
   * @throws RangeError for a class outside 0..C−1 or unequal lengths
   */
  select(confidences: ArrayLike<number>, classes: ArrayLike<number>): Uint8Array;
  /** A copy of the state, for `restoreCurriculum`. `typed` labels are for files that hold integers as such; JSON needs the others. */
  snapshot(options?: { typed?: false }): CurriculumSnapshot;
  snapshot(options: { typed: true }): CurriculumSnapshot<Int32Array>;
}

/**
 * Curriculum pseudo-labeling: thresholds that start low and rise for each class as more of its unlabeled samples are predicted with confidence.
 *
 * ```
 * σ_c = number of samples whose last confident (≥ τ) prediction was c
 * β_c = σ_c / max(max_j σ_j, N − Σ_j σ_j)
 * T_c = M(β_c)·τ,   M(β) = β ("linear"), β/(2 − β) ("convex"), ln(1 + β)/ln 2 ("concave")
 * ```
 *
 * (Zhang et al., FlexMatch, NeurIPS 2021, section 3.) There are two thresholds: the fixed τ decides what counts as learnt (`observe`), the
 * flexible T_c decides what is trained on (`select`). Where all samples are in one class β is 1, as the paper has it (its authors' code keeps the β of
 * before).
 *
 * @throws RangeError naming the option that is out of range
 *
 * @example
 * ```ts
 * import { createCurriculum } from "@gleaner/curriculum";
 * const curriculum = createCurriculum({ classes: 2, unlabeled: 4 });
 * curriculum.thresholds(); // => [0, 0]
 * curriculum.observe([0, 1, 2], [0.99, 0.96, 0.5], [0, 0, 1]);
 * curriculum.learningEffects(); // => [2, 0]
 * curriculum.beta(); // => [1, 0]
 * curriculum.thresholds(); // => [0.95, 0]
 * curriculum.select([0.9, 0.4], [0, 1]); // => [0, 1]
 * ```
 */
export function createCurriculum(options: CurriculumOptions): Curriculum {
  const { unlabeled } = options;
  requireCount("unlabeled", unlabeled);
  return curriculumOf(options, new Int32Array(unlabeled).fill(-1), unlabeled);
}

/**
 * A curriculum that goes on where a snapshot was taken.
 *
 * @param snapshot as `snapshot()` gave it, or what JSON has made of it; `labels` may be any array. A mapping that was a function has to be
 *   put in again after JSON
 * @throws RangeError if it is malformed
 *
 * @example
 * ```ts
 * import { createCurriculum, restoreCurriculum } from "@gleaner/curriculum";
 * const before = createCurriculum({ classes: 2, unlabeled: 3, threshold: 0.8 });
 * before.observe([2], [0.85], [1]);
 * const after = restoreCurriculum(JSON.parse(JSON.stringify(before.snapshot())));
 * after.learningEffects(); // => [0, 1]
 *
 * // Of half a million samples, in a file that is not JSON: the settings and the labels apart.
 * const { labels, ...settings } = before.snapshot({ typed: true });
 * new Uint8Array(labels.buffer).length; // => 12
 * restoreCurriculum({ ...settings, labels }).learningEffects(); // => [0, 1]
 * ```
 */
export function restoreCurriculum(snapshot: CurriculumSnapshot<ArrayLike<number>>): Curriculum {
  const { classes, unlabeled, mapping, labels } = snapshot;
  requireCount("unlabeled", unlabeled);
  requireCount("classes", classes);
  if (mapping === undefined) throw new RangeError("mapping is missing; expected its name, or the function, which JSON does not keep");
  requireLength("labels", labels, unlabeled);
  const copy = new Int32Array(unlabeled);
  let unused = 0;
  for (let i = 0; i < unlabeled; i++) {
    const label = labels[i]!;
    if (label === -1) unused++;
    else if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new RangeError(`labels[${i}] is ${label}; expected an integer in 0..${classes - 1}, or -1`);
    copy[i] = label;
  }
  return curriculumOf(snapshot, copy, unused);
}

/** The state machine over labels that have been checked and are its own. */
function curriculumOf(options: CurriculumOptions, labels: Int32Array, unusedAtStart: number): Curriculum {
  const { classes, unlabeled, threshold = 0.95, warmUp = true, mapping = "convex", precision = "float64" } = options;
  requireCount("classes", classes);
  if (!(threshold >= 0 && threshold <= 1)) throw new RangeError(`threshold is ${threshold}; expected a number in 0..1`);
  if (typeof warmUp !== "boolean") throw new RangeError(`warmUp is ${warmUp}; expected true or false`);
  if (precision !== "float64" && precision !== "float32")
    throw new RangeError(`precision is ${precision}; expected "float64" or "float32"`);
  const round = precision === "float32" ? Math.fround : (value: number): number => value;
  const map = mappingOf(mapping, round);
  const fixed = round(threshold);

  const effects = new Uint32Array(classes);
  for (const label of labels) if (label !== -1) effects[label]!++;
  let unused = unusedAtStart;

  // What follows from the counts, computed when it is asked for and kept until they change: a step asks more than once.
  const betas = new Float64Array(classes);
  const flexible = new Float64Array(classes);
  let current = false;
  const update = (): void => {
    if (current) return;
    let largest = warmUp ? unused : 0;
    for (const effect of effects) largest = Math.max(largest, effect);
    for (let c = 0; c < classes; c++) {
      betas[c] = largest === 0 ? 0 : round(effects[c]! / largest);
      flexible[c] = round(map(betas[c]!) * fixed);
    }
    current = true;
  };

  function snapshot(options?: { typed?: false }): CurriculumSnapshot;
  function snapshot(options: { typed: true }): CurriculumSnapshot<Int32Array>;
  function snapshot({ typed = false } = {}): CurriculumSnapshot<number[] | Int32Array> {
    return { classes, unlabeled, threshold, warmUp, mapping, precision, labels: typed ? labels.slice() : Array.from(labels) };
  }

  return {
    classes,
    unlabeled,
    threshold,
    observe(indices, confidences, predicted) {
      requireLength("confidences", confidences, indices.length);
      requireLength("classes", predicted, indices.length);
      requireIndices("indices", indices, unlabeled);
      requireIndices("classes", predicted, classes);
      for (let i = 0; i < indices.length; i++) {
        if (!(round(confidences[i]!) >= fixed)) continue;
        const index = indices[i]!;
        const before = labels[index]!;
        if (before === -1) unused--;
        else effects[before]!--;
        labels[index] = predicted[i]!;
        effects[predicted[i]!]!++;
        current = false;
      }
    },
    learningEffects: () => effects.slice(),
    beta() {
      update();
      return betas.slice();
    },
    thresholds() {
      update();
      return flexible.slice();
    },
    select(confidences, predicted) {
      requireLength("classes", predicted, confidences.length);
      requireIndices("classes", predicted, classes);
      update();
      const selected = new Uint8Array(confidences.length);
      for (let i = 0; i < selected.length; i++) selected[i] = Number(round(confidences[i]!) >= flexible[predicted[i]!]!);
      return selected;
    },
    snapshot,
  };
}
