// Runs on Node without a build: types here are only written where they can be erased.

/** A batch of predictions on weak views. */
interface Batch {
  indices: Int32Array;
  confidences: Float32Array;
  classes: Int32Array;
}

/** A small seeded generator (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Steps late in a run: nine of ten samples count for a class already, low classes more often than high ones, so that their thresholds
 * differ; about half of the predictions of a batch are confident.
 */
export function madeUpSteps(
  unlabeled: number,
  classes: number,
  batch: number,
  steps: number,
  seed = 1,
): { labels: Int32Array; batches: Batch[] } {
  const random = seeded(seed);
  const someClass = (): number => Math.floor(classes * random() ** 1.5);
  const labels = Int32Array.from({ length: unlabeled }, () => (random() < 0.9 ? someClass() : -1));
  const batches = Array.from({ length: steps }, () => ({
    indices: Int32Array.from({ length: batch }, () => Math.floor(unlabeled * random())),
    confidences: Float32Array.from({ length: batch }, () => 1 - 0.9 * random() ** 4),
    classes: Int32Array.from({ length: batch }, someClass),
  }));
  return { labels, batches };
}

/** The same curriculum without increments, with warm-up and the convex mapping: what each step would cost if all samples were counted again. */
export function createRecount(labels: Int32Array, classes: number, threshold: number) {
  const thresholds = (): number[] => {
    const effects = new Array<number>(classes).fill(0);
    let unused = 0;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      if (label === -1) unused++;
      else effects[label]!++;
    }
    const largest = Math.max(unused, ...effects);
    return effects.map((effect) => {
      const beta = effect / largest;
      return (beta / (2 - beta)) * threshold;
    });
  };
  return {
    thresholds,
    /** One step; how many predictions it selected. */
    step({ indices, confidences, classes: predicted }: Batch): number {
      const flexible = thresholds();
      let selected = 0;
      for (let i = 0; i < indices.length; i++) if (confidences[i]! >= flexible[predicted[i]!]!) selected++;
      for (let i = 0; i < indices.length; i++) if (confidences[i]! >= threshold) labels[indices[i]!] = predicted[i]!;
      return selected;
    },
  };
}
