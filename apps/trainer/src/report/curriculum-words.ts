import { hardestFirst } from "./curriculum-figures.js";
import { count, escapeHtml } from "./html.js";
import type { ClassifierSummary, Curriculum } from "./summarize-classifier.js";
import { listed } from "./words.js";

/** What the curriculum of a Flex method did; nothing of other methods. */
export function curriculumWords(run: ClassifierSummary): string[] {
  const { curricula, config, classNames } = run;
  const end = curricula.at(-1);
  if (!end) return [];
  const { threshold, warmUp } = config.semi;
  const hardest = hardestFirst(run)[0]!;
  const images = count(end.learningEffects[hardest]!, "image");
  return [
    reachedWords(curricula, threshold, classNames),
    fullWords(curricula, threshold, warmUp),
    `Hardest at the end is ${nameOf(classNames, hardest)}: flexible threshold ${end.thresholds[hardest]!.toFixed(2)}, ${images} counted for it.`,
  ];
}

const nameOf = (classNames: readonly string[], c: number): string => `“${escapeHtml(classNames[c])}”`;

/** The step at which each class first had an image that counts for it; infinite for a class that never had one. */
export const firstConfident = (curricula: readonly Curriculum[], classes: number): number[] =>
  Array.from({ length: classes }, (_, c) => curricula.find((one) => one.learningEffects[c]! > 0)?.step ?? Number.POSITIVE_INFINITY);

function reachedWords(curricula: readonly Curriculum[], threshold: number, classNames: readonly string[]): string {
  const first = firstConfident(curricula, classNames.length);
  const never = first.flatMap((step, c) => (step === Number.POSITIVE_INFINITY ? [c] : []));
  const fixed = `the fixed threshold τ = ${threshold}`;
  if (never.length === classNames.length) return `No image reached ${fixed}.`;
  if (never.length > 3) return `In ${never.length} of ${classNames.length} classes no image reached ${fixed}.`;
  if (never.length > 0) return `In ${listed(never.map((c) => nameOf(classNames, c)))} no image reached ${fixed}.`;
  const last = Math.max(...first);
  const latest = first.flatMap((step, c) => (step === last ? [nameOf(classNames, c)] : []));
  const who = latest.length <= 3 && latest.length < classNames.length ? `, ${listed(latest)} last` : "";
  return `Images of every class had reached ${fixed} by step ${last}${who}.`;
}

// Thresholds are logged as the method has them, rounded to 32 bits.
const rounding = 1e-6;

/** When the first class stood at the full threshold, which with warm-up takes more images than those that count for no class. */
function fullWords(curricula: readonly Curriculum[], threshold: number, warmUp: boolean): string {
  const full = curricula.find(({ thresholds }) => thresholds.some((value) => value > threshold - rounding));
  if (full) return `The first class had the full flexible threshold at step ${full.step}.`;
  if (!warmUp) return "No class had the full flexible threshold.";
  return "Warm-up never ended: to the last step more images counted for no class than for the best-learnt one, so every flexible threshold stayed below τ.";
}
