/** Of the images of class t, how many were predicted as class p: `confusion[t][p]`. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** How well one class is told from the others; each in 0..1. */
export interface ClassMetrics {
  /** Of the images predicted as this class, the part that is. */
  precision: number;
  /** Of the images of this class, the part predicted so. */
  recall: number;
  /** 2·TP / (2·TP + FP + FN). */
  f1: number;
  /** How many images are of this class. */
  support: number;
}

/** What a confusion matrix says of a classifier; all but the counts are in 0..1, or NaN where there are no images to say it of. */
export interface ClassificationMetrics {
  images: number;
  accuracy: number;
  /** 1 − accuracy. */
  error: number;
  perClass: ClassMetrics[];
  /** The plain means over all classes, those without images too. */
  macro: Omit<ClassMetrics, "support">;
  /** The mean recall of the classes that have images. */
  balancedAccuracy: number;
  /** Of two classes only; class 1 is the positive one. Sensitivity is the recall of class 1, specificity that of class 0. */
  binary?: { sensitivity: number; specificity: number };
}

/**
 * Counts the images by their class and the class that was predicted.
 *
 * @param truth the class of each image, an integer in 0..classes − 1
 * @param predicted the predicted class of each image, in the same order
 * @param classes how many classes there are; a class may be absent
 * @returns `classes` rows of `classes` counts, rows by truth
 * @throws RangeError for unequal lengths, a class out of range, or `classes` that is no integer of at least 1
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "@gleaner/training";
 * confusionMatrix([0, 0, 1, 1], [0, 1, 1, 1], 2); // => [[1, 1], [0, 2]]
 * ```
 */
export function confusionMatrix(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[][] {
  if (!Number.isInteger(classes) || classes < 1) throw new RangeError(`classes must be an integer of at least 1, got ${classes}`);
  if (predicted.length !== truth.length)
    throw new RangeError(`predicted has ${predicted.length} entries, expected ${truth.length} as truth`);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    for (const [name, values] of [["truth", truth] as const, ["predicted", predicted] as const]) {
      const value = values[i]!;
      if (!Number.isInteger(value) || value < 0 || value >= classes)
        throw new RangeError(`${name}[${i}] must be an integer from 0 to ${classes - 1}, got ${value}`);
    }
    confusion[truth[i]!]![predicted[i]!]!++;
  }
  return confusion;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/**
 * Accuracy, error, precision, recall, F1 and balanced accuracy from counts, as scikit-learn defines them.
 *
 * A ratio that is 0/0, such as the precision of a class that was never predicted, is 0 (its `zero_division=0`); macro means are over all
 * classes of the matrix (its `labels=range(classes)`); the balanced accuracy leaves out classes without images. Without any image every ratio is NaN, and
 * `binary` is NaN for a class without images.
 *
 * @param confusion counts, rows by truth, as `confusionMatrix` gives them
 * @throws RangeError if the matrix is not square or an entry is no count
 *
 * @example
 * ```ts
 * import { classificationMetrics, confusionMatrix } from "@gleaner/training";
 * const { error, perClass, macro, balancedAccuracy } = classificationMetrics(confusionMatrix([0, 0, 1, 1, 2], [0, 1, 1, 1, 0], 3));
 * error; // => 0.4
 * perClass[1]; // => { precision: 0.667, recall: 1, f1: 0.8, support: 2 }
 * macro.f1; // => 0.433
 * balancedAccuracy; // => 0.5
 * ```
 */
export function classificationMetrics(confusion: ConfusionMatrix): ClassificationMetrics {
  const classes = confusion.length;
  for (const [t, row] of confusion.entries()) {
    if (row.length !== classes) throw new RangeError(`confusion[${t}] has ${row.length} entries, expected ${classes} as there are rows`);
    const wrong = row.findIndex((count) => !Number.isInteger(count) || count < 0);
    if (wrong !== -1) throw new RangeError(`confusion[${t}][${wrong}] must be an integer of at least 0, got ${row[wrong]}`);
  }
  const supports = confusion.map(sum);
  const images = sum(supports);
  const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : images > 0 ? 0 : Number.NaN);
  const hits = confusion.map((row, c) => row[c]!);
  const perClass = supports.map((support, c) => {
    const predicted = sum(confusion.map((row) => row[c]!));
    const hit = hits[c]!;
    return { precision: ratio(hit, predicted), recall: ratio(hit, support), f1: ratio(2 * hit, support + predicted), support };
  });
  const accuracy = sum(hits) / images;
  const recallOf = (c: number): number => hits[c]! / supports[c]!;
  return {
    images,
    accuracy,
    error: 1 - accuracy,
    perClass,
    macro: {
      precision: mean(perClass.map((one) => one.precision)),
      recall: mean(perClass.map((one) => one.recall)),
      f1: mean(perClass.map((one) => one.f1)),
    },
    balancedAccuracy: mean(perClass.filter(({ support }) => support > 0).map(({ recall }) => recall)),
    ...(classes === 2 ? { binary: { sensitivity: recallOf(1), specificity: recallOf(0) } } : {}),
  };
}
