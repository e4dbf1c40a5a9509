/** The probability of each bin in training, 0 for those that are out. */
export function binProbabilities(weights: readonly number[], decay: number, threshold: number): number[] {
  // The summand keeps weights that are all 0 apart from a division by 0.
  const lifted = weights.map((weight) => weight + (1 - decay));
  const largest = Math.max(...lifted);
  const kept = lifted.map((weight) => (weight / largest < threshold ? 0 : weight / largest));
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((weight) => weight / sum);
}

/** The bin in which u in 0..1 falls; never one of probability 0. */
export function drawBin(probabilities: readonly number[], u: number): number {
  let left = u;
  let bin = -1;
  for (const [i, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    bin = i;
    if ((left -= probability) < 0) break;
  }
  return bin;
}
