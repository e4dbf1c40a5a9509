/** Which images have labels, which may be learnt from without, and which judge. */
export interface LabelSplit {
  /** As many of each class, in ascending order. */
  readonly labeled: Int32Array;
  /** All images but those of `validation`, the labeled ones included, in ascending order. */
  readonly unlabeled: Int32Array;
  /** Images that are in neither, in ascending order. */
  readonly validation: Int32Array;
}

export interface LabelSplitOptions {
  /** The number of classes, C. */
  classes: number;
  /** How many images keep their labels, a multiple of C. */
  labeled: number;
  /** How many images are set aside (default 0), drawn without regard to their class among those with a label. */
  validation?: number;
  /** Numbers in [0, 1); the same ones give the same split. */
  random: () => number;
}

/** Takes `count` of the values at random out of the array, which it reorders. */
function takeAtRandom(values: number[], count: number, random: () => number): number[] {
  for (let taken = 0; taken < count; taken++) {
    const chosen = taken + Math.floor(random() * (values.length - taken));
    [values[taken], values[chosen]] = [values[chosen]!, values[taken]!];
  }
  return values.splice(0, count);
}

const ascending = (values: Iterable<number>): Int32Array => Int32Array.from(values).sort();

const checkCount = (name: string, value: number, low: number): void => {
  if (!Number.isInteger(value) || value < low) throw new RangeError(`${name} must be an integer of at least ${low}, got ${value}`);
};

/**
 * Draws which labels of a set are used, the same number of each class, as studies of semi-supervised learning do; all images stay in the
 * unlabeled pool, the labeled ones too (Sohn et al., "FixMatch", NeurIPS 2020, and the programs of FlexMatch).
 *
 * @param labels the class of each image, 0 to C − 1; an image of −1 has none and is in the pool
 * @throws RangeError if the labeled images cannot be shared out evenly, a class has too few, or a label is out of range
 *
 * @example
 * ```ts
 * import { splitLabels } from "@gleaner/images";
 * const labels = new Uint8Array([0, 1, 0, 1, 0, 1]);
 * const split = splitLabels(labels, { classes: 2, labeled: 2, validation: 1, random: () => 0 });
 * split.validation; // => [0]
 * split.labeled; // => [1, 2]
 * split.unlabeled; // => [1, 2, 3, 4, 5]
 * ```
 */
export function splitLabels(labels: ArrayLike<number>, options: LabelSplitOptions): LabelSplit {
  const { classes, labeled, validation = 0, random } = options;
  checkCount("classes", classes, 1);
  checkCount("labeled", labeled, 0);
  checkCount("validation", validation, 0);
  if (labeled % classes !== 0) throw new RangeError(`labeled must be a multiple of the ${classes} classes, got ${labeled}`);
  const rest: number[] = [];
  const unknown: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < -1 || label >= classes)
      throw new RangeError(`label ${i} must be from 0 to ${classes - 1}, or -1 where it is not known, got ${label}`);
    (label === -1 ? unknown : rest).push(i);
  }
  if (validation > rest.length)
    throw new RangeError(`validation must be at most the ${rest.length} images with a label, got ${validation}`);

  const judged = takeAtRandom(rest, validation, random);
  const known = ascending(rest);
  const unlabeled = ascending([...rest, ...unknown]);
  const perClass = labeled / classes;
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const i of known) members[labels[i]!]!.push(i);
  const chosen = members.flatMap((indices, label) => {
    if (indices.length < perClass) throw new RangeError(`class ${label} has ${indices.length} images where ${perClass} are to be labeled`);
    return takeAtRandom(indices, perClass, random);
  });
  return { labeled: ascending(chosen), unlabeled, validation: ascending(judged) };
}
