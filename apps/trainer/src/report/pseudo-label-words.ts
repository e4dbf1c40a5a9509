import { withSign } from "./html.js";
import type { ClassifierSummary, RateStep } from "./summarize-classifier.js";

/** Below this share of used images the accuracy is of too few to compare. */
const enoughUsed = 0.05;
const fallPoints = 5;

/** What was used of the unlabeled images, and how right it was. */
export function pseudoLabelWords({ steps, config }: ClassifierSummary): string[] {
  const tenths = inTenths(steps);
  const end = tenths.at(-1);
  if (!end || Number.isNaN(end.maskRate)) return [];
  const right = Number.isNaN(end.accuracy) ? "" : `, and ${withSign(end.accuracy)} of their pseudo-labels were right`;
  const used = `Over the last tenth of the steps it used ${withSign(end.maskRate)} of the unlabeled images (${withSign(end.confidentRate)} reached τ = ${config.semi.threshold})${right}.`;
  const fall = accuracyFall(tenths);
  if (!fall) return [used];
  return [
    used,
    `<strong class="alarm">Pseudo-label accuracy fell from ${withSign(fall.best.accuracy)} (${stepsWords(fall.best)}) to ${withSign(end.accuracy)}: it learns more from its own mistakes now.</strong>`,
  ];
}

interface Tenth {
  from: number;
  to: number;
  maskRate: number;
  confidentRate: number;
  /** Of all pseudo-labels of the stretch; NaN where no truth is known. */
  accuracy: number;
}

const stepsWords = ({ from, to }: Tenth): string => (from === to ? `step ${to}` : `steps ${from} to ${to}`);

/** The steps in ten stretches, fewer of a shorter log. */
export function inTenths(steps: readonly RateStep[]): Tenth[] {
  const pieces = Math.min(10, steps.length);
  return Array.from({ length: pieces }, (_, i) => {
    const start = Math.round((i * steps.length) / pieces);
    const piece = steps.slice(start, Math.round(((i + 1) * steps.length) / pieces));
    const known = piece.filter(({ pseudoLabelAccuracy }) => !Number.isNaN(pseudoLabelAccuracy));
    return {
      from: (steps[start - 1]?.step ?? 0) + 1,
      to: piece.at(-1)!.step,
      maskRate: meanOf(piece, (event) => event.maskRate),
      confidentRate: meanOf(piece, (event) => event.confidentRate),
      accuracy: meanOf(known, (event) => event.pseudoLabelAccuracy * event.maskRate) / meanOf(known, (event) => event.maskRate),
    };
  });
}

/** The best stretch, if the last one is worse by more than a little. */
export function accuracyFall(tenths: readonly Tenth[]): { best: Tenth } | undefined {
  const known = tenths.filter(({ accuracy, maskRate }) => maskRate >= enoughUsed && !Number.isNaN(accuracy));
  const end = tenths.at(-1);
  if (!end || known.at(-1) !== end) return undefined;
  const best = known.reduce((most, one) => (one.accuracy > most.accuracy ? one : most));
  return 100 * (best.accuracy - end.accuracy) >= fallPoints ? { best } : undefined;
}

const meanOf = (events: readonly RateStep[], value: (event: RateStep) => number): number => {
  const values = events.map(value).filter((one) => !Number.isNaN(one));
  return values.reduce((sum, one) => sum + one, 0) / values.length;
};
