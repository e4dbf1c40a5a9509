/** Above this many confident pseudo-positives per unlabeled patch (mean of 50 steps) training tends to run away. */
export const runawayAbove = 1.2;

const steps = 50;

/** The highest mean of 50 steps of confident pseudo-positives per unlabeled patch, and what the next mean is made of. */
export interface PseudoPositives {
  highest: number;
  recent: number[];
}

/** Keeps the highest mean; true where it passes the guard for the first time. */
export function watchPseudoPositives(seen: PseudoPositives, ofStep: number): boolean {
  const { recent, highest: before } = seen;
  recent.push(ofStep);
  if (recent.length > steps) recent.shift();
  if (recent.length === steps) seen.highest = Math.max(before, recent.reduce((a, b) => a + b) / steps);
  return before <= runawayAbove && seen.highest > runawayAbove;
}

export const runawayWarning = (step: number, mean: number): string =>
  `step ${step}: ${mean.toFixed(2)} confident pseudo-positives an unlabeled patch (mean of ${steps} steps, more than ${runawayAbove}): the teacher may confirm its own false positives; where lesions are rare, a lower unlabeledWeight or MixUp holds them down`;
