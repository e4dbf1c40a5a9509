import type { FrocMatches } from "./matches.js";

/** Where bootstrap samples come from: drawn with `random`, or given as indices into the scans (with repetition, one list a sample). */
export type Resampling =
  | { samples?: number; random: () => number; resamples?: never }
  | { samples?: never; random?: never; resamples: readonly ArrayLike<number>[] };

/** How many samples there are. */
export function sampleCount({ samples = 1000, random, resamples }: Resampling): number {
  const count = resamples?.length ?? samples;
  if (!(Number.isInteger(count) && count >= 1)) throw new RangeError(`samples is ${count}; expected a whole number above 0`);
  if (resamples === undefined && typeof random !== "function")
    throw new TypeError("a bootstrap needs random (() => number in 0..1) or resamples");
  return count;
}

/**
 * Calls `use` with the weights of the scans in each sample. As in the script a scan that is listed twice brings all its marks twice each time
 * one of its lines is drawn.
 */
export function eachResample(matches: FrocMatches, resampling: Resampling, use: (weights: Float64Array, sample: number) => void): void {
  const { lines, scanIds } = matches;
  const { random, resamples } = resampling;
  const multiplicity = new Float64Array(scanIds.length);
  for (const scan of lines) multiplicity[scan]!++;
  const weights = new Float64Array(scanIds.length);
  for (let sample = 0, count = sampleCount(resampling); sample < count; sample++) {
    weights.fill(0);
    const given = resamples?.[sample];
    const size = given?.length ?? lines.length;
    for (let draw = 0; draw < size; draw++) {
      const scan = lines[given ? given[draw]! : Math.floor(random!() * lines.length)];
      if (scan === undefined)
        throw new RangeError(`resamples[${sample}][${draw}] is ${given?.[draw]}; expected a scan in 0..${lines.length - 1}`);
      weights[scan]! += multiplicity[scan]!;
    }
    use(weights, sample);
  }
}
