import { type CurriculumSnapshot, restoreCurriculum } from "./curriculum.js";

const settings = ["classes", "unlabeled", "threshold", "warmUp", "mapping", "precision"] as const;

/**
 * What several workers have learnt since they had one state in common, as one state.
 *
 * Workers that each train on their own batches see different samples. Each starts at `base`, observes for a while and hands in its snapshot; all restore the
 * merged one and agree again, on the same thresholds that one worker would have found who saw all batches. A sample that several workers moved goes to the
 * class that the last of them in the list gave it, so the order of the list has to be the same everywhere.
 *
 * @param base the state that all workers started from
 * @param workers their states now, with the settings of `base`
 * @returns a new snapshot with plain labels, equal to `base` where nobody moved a sample
 * @throws RangeError if a setting differs or a snapshot is malformed
 *
 * @example
 * ```ts
 * import { createCurriculum, mergeSnapshots, restoreCurriculum } from "@gleaner/curriculum";
 * const base = createCurriculum({ classes: 2, unlabeled: 6 }).snapshot();
 * const [first, second] = [restoreCurriculum(base), restoreCurriculum(base)];
 * first.observe([0, 1], [1, 1], [0, 0]);
 * second.observe([4], [1], [1]);
 * const merged = restoreCurriculum(mergeSnapshots(base, [first.snapshot(), second.snapshot()]));
 * merged.learningEffects(); // => [2, 1]
 * ```
 */
export function mergeSnapshots(
  base: CurriculumSnapshot<ArrayLike<number>>,
  workers: readonly CurriculumSnapshot<ArrayLike<number>>[],
): CurriculumSnapshot {
  const merged = restoreCurriculum(base).snapshot();
  for (const [i, worker] of workers.entries()) {
    for (const name of settings) {
      if (worker[name] !== base[name])
        throw new RangeError(`workers[${i}].${name} is ${worker[name]}; expected ${base[name]}, as base has`);
    }
    // Restored, and so checked.
    const { labels } = restoreCurriculum(worker).snapshot({ typed: true });
    for (let sample = 0; sample < labels.length; sample++) {
      const label = labels[sample]!;
      if (label === base.labels[sample]) continue;
      if (label === -1) throw new RangeError(`workers[${i}].labels[${sample}] is -1; expected a class, since in base the sample has one`);
      merged.labels[sample] = label;
    }
  }
  return merged;
}
