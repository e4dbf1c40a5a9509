import { z } from "zod";

// Which labeled scans are hard is known only from training, while batches are made ahead of it: a batch goes by what was known `lag` steps before it.
// So the sequence is the same for any number of threads, and the little that a resumed run needs to know of the past is a part of its state.

/** Steps between what was learnt and the first batch that depends on it; as many batches may be made ahead. */
export const lag = 4;
/** A running mean forgets: from this many patches on, each new one counts for as much as the tenth did. */
const memory = 10;
/** Share of the scans that are hard. */
const hardShare = 0.25;

const snapshot = z.object({
  /** Steps that were observed. */
  steps: z.int().min(0),
  /** Of each labeled scan: the running mean of the loss of its patches, and how many there were. */
  losses: z.array(z.number()),
  counts: z.array(z.int().min(0)),
  /** The hard scans after the last steps, the newest last. */
  recent: z.array(z.array(z.int().min(0))).max(lag + 1),
});

/** Everything as plain data. */
type HardExamplesSnapshot = z.output<typeof snapshot>;

/** The labeled scans on which the loss was highest so far, by their places in the split. */
export interface HardExamples {
  /** The labeled patches of the step that was just done: the places of their scans, and the loss of each alone. Once a step. */
  observe(places: ArrayLike<number>, losses: ArrayLike<number>): void;
  /** The hard scans by which the batch of a step (from 0) goes: none in the first steps. */
  forStep(step: number): readonly number[];
  snapshot(): HardExamplesSnapshot;
}

/**
 * Keeps a running mean of the loss for each of `scans` scans. Hard is the quarter with the highest mean, of those that were seen (rounded up).
 *
 * @param restored what `snapshot` gave
 * @throws RangeError if that is no snapshot for as many scans
 */
export function createHardExamples(scans: number, restored?: unknown): HardExamples {
  const start: unknown = restored ?? { steps: 0, losses: Array(scans).fill(0), counts: Array(scans).fill(0), recent: [[]] };
  const parsed = snapshot.safeParse(start);
  const state = parsed.data;
  if (!state || state.losses.length !== scans || state.counts.length !== scans || state.recent.flat().some((place) => place >= scans))
    throw new RangeError(`the hard examples are ${JSON.stringify(start)?.slice(0, 80)}; expected a snapshot of ${scans} scans`);
  const { losses, counts, recent } = state;
  let { steps } = state;
  const hardest = (): number[] => {
    const seen = [...counts.keys()].filter((place) => counts[place]! > 0);
    // Of equal losses the first scan, so that nothing depends on how an engine sorts.
    seen.sort((a, b) => losses[b]! - losses[a]! || a - b);
    return seen.slice(0, Math.ceil(hardShare * seen.length));
  };
  return {
    observe(places, ofPatches) {
      for (let i = 0; i < places.length; i++) {
        const place = places[i]!;
        counts[place]!++;
        losses[place]! += (ofPatches[i]! - losses[place]!) / Math.min(memory, counts[place]!);
      }
      steps++;
      recent.push(hardest());
      if (recent.length > lag + 1) recent.shift();
    },
    forStep(step) {
      const known = step - lag;
      if (known <= 0) return [];
      const found = recent[recent.length - 1 - (steps - known)];
      if (!found)
        throw new RangeError(
          `step is ${step}; expected ${Math.max(0, steps + lag - recent.length + 1)} to ${steps + lag} after ${steps} steps`,
        );
      return found;
    },
    snapshot: () => structuredClone({ steps, losses, counts, recent }),
  };
}
