import { runawayAbove } from "../run/runaway-guard.js";
import type { RunSummary } from "./summarize-detector.js";

/** How near the teacher came to confirming its own errors, by the mean over 50 steps that training itself watches, over all of a shorter run. */
export interface Runaway {
  /** The highest mean of confident pseudo-positives per unlabeled patch; 0 without a step. */
  peak: number;
  /** The first step whose mean is above the alarm. */
  step?: number;
}

export function runawayOf({ steps }: Pick<RunSummary, "steps">): Runaway {
  const width = Math.min(50, steps.length);
  const found: Runaway = { peak: 0 };
  let sum = 0;
  for (const [i, event] of steps.entries()) {
    sum += event.pseudoPositives - (i >= width ? steps[i - width]!.pseudoPositives : 0);
    if (i < width - 1) continue;
    found.peak = Math.max(found.peak, sum / width);
    if (sum / width > runawayAbove) found.step ??= event.step;
  }
  return found;
}
