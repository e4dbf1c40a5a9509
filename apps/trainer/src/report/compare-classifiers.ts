import { lastTest } from "./classifier-errors.js";
import { type Group, groupsOf, type Tested } from "./group-classifiers.js";
import { escapeHtml, percent, withSign } from "./html.js";
import type { ClassifierSummary } from "./summarize-classifier.js";
import { mean } from "./words.js";

/** Who is ahead, by how much, and how little that may say; nothing where there is nothing to compare. */
export function compareClassifiers(runs: readonly ClassifierSummary[]): string {
  const tested = runs.flatMap((run) => {
    const test = lastTest(run);
    return test && !Number.isNaN(test.error) ? [{ run, test, error: test.error }] : [];
  });
  // What all labels give is the floor, no competitor.
  const [rivals, full] = [
    tested.filter(({ run }) => run.config.method !== "full"),
    tested.filter(({ run }) => run.config.method === "full"),
  ];
  const chosen = rivals.every(({ run }) => run.judged?.selected)
    ? rivals.map((one) => ({ ...one, error: one.run.judged!.selected!.error }))
    : rivals;
  const verdict = chosen.length > 1 ? verdictOf(chosen, chosen !== rivals) : chosen.length === 1 ? `This is one run. ${oneSeed}` : "";
  const floor =
    chosen.length > 0 && full.length > 0 ? ` With all labels the error is ${percent(mean(full.map(({ error }) => error)))} %.` : "";
  return `${verdict}${floor}`.trim();
}

function verdictOf(tested: readonly Tested[], isChosen: boolean): string {
  const differing = (key: (one: Tested) => unknown): boolean => new Set(tested.map(key)).size > 1;
  if (differing(({ run }) => setOf(run)))
    return "The runs are of different images or judged by different parts of them, so their errors cannot be compared.";
  if (differing(({ run }) => run.config.method)) {
    if (differing(({ run }) => run.split.labeled.length))
      return "The runs had different numbers of labels, so they do not compare the methods.";
    if (differing(({ test }) => test.step))
      return "The runs were judged after different numbers of steps, so they do not compare the methods.";
  }
  const groups = groupsOf(tested);
  const by = isChosen ? ", each with the weights that validation chose" : "";
  if (groups.length === 1) return spreadWords(groups[0]!, by);
  const shared = [...groups[0]!.errors.keys()].filter((drawn) => groups.every(({ errors }) => errors.has(drawn)));
  if (shared.length === 0)
    return "No seed with the same labeled and test images is common to all, so the differences are of what was drawn, too: no comparison.";
  return rankingWords(groups, shared, tested[0]!.test.images, by);
}

function rankingWords(groups: readonly Group[], shared: readonly string[], images: number, by: string): string {
  const ranked = groups
    .map((group) => ({ ...group, mean: mean(shared.map((drawn) => group.errors.get(drawn)!)) }))
    .sort((a, b) => a.mean - b.mean);
  const [first, second] = ranked as [(typeof ranked)[number], (typeof ranked)[number]];
  const over = shared.length > 1 ? `in the mean over ${shared.length} seeds` : "";
  const order = ranked.map(({ title, mean }) => `${escapeHtml(title)} ${withSign(mean)}`).join(", ");
  const gap = 100 * (second.mean - first.mean);
  const ahead =
    gap.toFixed(1) === "0.0"
      ? `${escapeHtml(first.title)} and ${escapeHtml(second.title)} have the same error`
      : `<strong>${escapeHtml(first.title)} is ahead</strong>, ${gap.toFixed(1)} points below ${escapeHtml(second.title)}`;
  const head = `By the test error${over && ` ${over}`}${by}: ${ahead} (${order}).`;
  const gains = shared.map((drawn) => second.errors.get(drawn)! - first.errors.get(drawn)!);
  return `${head} ${gains.length === 1 ? weighOne(gains[0]!, first.mean, images) : weighSeveral(escapeHtml(first.title), gains)}`;
}

const moreSeeds = "Compare over five seeds or more.";
const oneSeed = `One seed proves little: with few labels, which images had them can matter more than the method. ${moreSeeds}`;

/** One draw of labels says next to nothing of methods, and a difference of few test images nothing at all. */
function weighOne(gain: number, error: number, images: number): string {
  // Two errors of the same images differ by less than independent ones: this is the cautious side.
  const chance = 2 * Math.sqrt((error * (1 - error) + (error + gain) * (1 - error - gain)) / images);
  const few =
    gain < chance
      ? `Of ${images} test images so small a difference (below ${(100 * chance).toFixed(1)} points) may be chance, whatever the labels. `
      : "";
  return few + oneSeed;
}

/** Several draws say as much as they agree. */
function weighSeveral(title: string, gains: readonly number[]): string {
  const seeds = gains.length;
  const wins = gains.filter((gain) => gain > 0).length;
  if (wins < seeds) return `${title} is ahead in ${wins} of ${seeds} seeds, so this is no evidence. ${seeds < 5 ? moreSeeds : ""}`.trim();
  const odds = `It is ahead in all ${seeds} seeds; of two equally good ones, one would win them all in 1 of ${2 ** (seeds - 1)} cases`;
  return seeds < 5 ? `${odds}: a hint, not a proof. ${moreSeeds}` : `${odds}: more than chance, for these images and settings.`;
}

/** Runs of one method and the same settings are its repetitions. */
function spreadWords({ title, runs, errors }: Group, by: string): string {
  const values = [...errors.values()];
  const [lowest, highest] = [Math.min(...values), Math.max(...values)].map(percent);
  const span = lowest === highest ? "the same in each" : `from ${lowest} to ${highest}\u00a0%`;
  const name = escapeHtml(title.charAt(0).toUpperCase() + title.slice(1));
  return `${name} has a test error of ${withSign(mean(values))} in the mean over ${runs.length} runs of the same settings${by}, ${span}.`;
}

const setOf = ({ split, config, looks, judged }: ClassifierSummary): string => {
  const images = judged?.last.images ?? looks.findLast(({ on }) => on === "test")?.images;
  return [split.checksum, split.images, split.classes, config.data.test, images].join();
};
