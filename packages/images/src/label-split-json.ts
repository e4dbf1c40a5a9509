import type { LabelSplit } from "./split-labels.js";

/** What a saved split is for. */
export interface SavedSplitOptions {
  /** The class of each image of the set, −1 where it is not known. */
  labels: ArrayLike<number>;
  /** The number of classes, C. */
  classes: number;
}

// An array of numbers as JSON: larger sets than ImageNet's 14 million images are not split this way.
const maxCharacters = 2 ** 28;

/** The 32-bit FNV-1a hash (G. Fowler, L. C. Noll, K.-P. Vo) of the labels as little-endian 32-bit integers, in hexadecimal. */
function checksumOf(labels: ArrayLike<number>): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < labels.length; i++) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((labels[i]! >> shift) & 0xff), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** All indices but those of an ascending list. */
function othersThan(without: Int32Array, count: number): Int32Array {
  const rest = new Int32Array(count - without.length);
  for (let i = 0, at = 0, skip = 0; i < count; i++) {
    if (without[skip] === i) skip++;
    else rest[at++] = i;
  }
  return rest;
}

/**
 * Writes a split as JSON, for a run to keep: the indices, the number of images and classes, and a checksum of the labels by which
 * `parseLabelSplit` knows the set again. The pool is left out where it is all images but those of `validation`.
 *
 * @throws RangeError if the split does not fit the labels
 *
 * @example
 * ```ts
 * import { formatLabelSplit, splitLabels } from "@gleaner/images";
 * const labels = [0, 1, 0, 1];
 * const split = splitLabels(labels, { classes: 2, labeled: 2, validation: 1, random: () => 0 });
 * formatLabelSplit(split, { labels, classes: 2 });
 * // => '{"version":1,"images":4,"classes":2,"checksum":"e608e7e5","labeled":[1,2],"validation":[0]}'
 * ```
 */
export function formatLabelSplit(split: LabelSplit, options: SavedSplitOptions): string {
  const { labels, classes } = options;
  checkSplit(split, options);
  const others = othersThan(split.validation, labels.length);
  const isAll = others.length === split.unlabeled.length;
  return JSON.stringify({
    version: 1,
    images: labels.length,
    classes,
    checksum: checksumOf(labels),
    labeled: [...split.labeled],
    validation: [...split.validation],
    ...(isAll ? {} : { unlabeled: [...split.unlabeled] }),
  });
}

/** Throws unless the three lists are what a split of these labels may be. */
function checkSplit(split: LabelSplit, { labels, classes }: SavedSplitOptions): void {
  const places = new Uint8Array(labels.length);
  for (const [name, bit] of [
    ["validation", 1],
    ["unlabeled", 2],
    ["labeled", 4],
  ] as const) {
    let last = -1;
    for (const index of split[name]) {
      if (!(index > last && index < labels.length))
        throw new RangeError(`${name} must be ascending indices from 0 to ${labels.length - 1}, got ${index} after ${last}`);
      places[index]! |= bit;
      last = index;
    }
  }
  for (let i = 0; i < places.length; i++) {
    const label = labels[i]!;
    if (places[i]! & 1 && places[i]! & 6) throw new RangeError(`an image must not be in validation and in the pool, got ${i} in both`);
    if (places[i]! & 4 && !(places[i]! & 2)) throw new RangeError(`a labeled image must be in the unlabeled pool too, ${i} is not`);
    if (places[i]! & 5 && !(label >= 0 && label < classes))
      throw new RangeError(`labeled and validation images must have a class from 0 to ${classes - 1}, image ${i} has ${label}`);
  }
}

/**
 * Reads a split that `formatLabelSplit` wrote, if it is one of this set.
 *
 * @param json the text
 * @throws RangeError if the text is no such JSON, was saved for another number of images or classes or for other labels, or its indices do
 *   not make a split
 *
 * @example
 * ```ts
 * import { parseLabelSplit } from "@gleaner/images";
 * const saved = '{"version":1,"images":4,"classes":2,"checksum":"e608e7e5","labeled":[1,2],"validation":[0]}';
 * parseLabelSplit(saved, { labels: [0, 1, 0, 1], classes: 2 }); // => { labeled: [1, 2], unlabeled: [1, 2, 3], validation: [0] }
 * ```
 */
export function parseLabelSplit(json: string, options: SavedSplitOptions): LabelSplit {
  const { labels, classes } = options;
  if (json.length > maxCharacters) throw new RangeError(`a saved split must have at most ${maxCharacters} characters, got ${json.length}`);
  let saved: unknown;
  try {
    saved = JSON.parse(json);
  } catch (cause) {
    throw new RangeError(`a saved split must be JSON, got ${JSON.stringify(json.slice(0, 40))}`, { cause });
  }
  if (typeof saved !== "object" || saved === null || Array.isArray(saved)) throw new RangeError("a saved split must be a JSON object");
  const fields = saved as Record<string, unknown>;
  const expected = { version: 1, images: labels.length, classes, checksum: checksumOf(labels) };
  for (const [name, value] of Object.entries(expected)) {
    if (fields[name] !== value) {
      const found = JSON.stringify(fields[name]);
      throw new RangeError(`a saved split must be of this set, with ${name} ${JSON.stringify(value)}, got ${found?.slice(0, 40)}`);
    }
  }
  const indices = (name: string): Int32Array => {
    const values = fields[name];
    if (!Array.isArray(values) || values.length > labels.length || !values.every((value) => Number.isInteger(value)))
      throw new RangeError(
        `${name} of a saved split must be a list of at most ${labels.length} indices, got ${JSON.stringify(values)?.slice(0, 40)}`,
      );
    // What does not fit 32 bits would wrap round to an index that does.
    if (values.some((value) => Math.abs(value) >= 2 ** 31)) throw new RangeError(`${name} of a saved split must be indices below 2^31`);
    return Int32Array.from(values);
  };
  const validation = indices("validation");
  const labeled = indices("labeled");
  const split = { labeled, unlabeled: fields["unlabeled"] === undefined ? Int32Array.of() : indices("unlabeled"), validation };
  if (fields["unlabeled"] !== undefined) {
    checkSplit(split, options);
    return split;
  }
  checkSplit({ labeled: Int32Array.of(), unlabeled: Int32Array.of(), validation }, options);
  const whole = { ...split, unlabeled: othersThan(validation, labels.length) };
  checkSplit(whole, options);
  return whole;
}
