import { usesUnlabeled } from "../classification/schema.js";
import { formatDuration } from "../reporters/progress.js";
import { lastTest, looksOf, secondsOf, stepsOf } from "./classifier-errors.js";
import { compareClassifiers } from "./compare-classifiers.js";
import { curriculumWords } from "./curriculum-words.js";
import { methodTitles } from "./group-classifiers.js";
import { count, escapeHtml, withSign } from "./html.js";
import { finding } from "./page.js";
import { pseudoLabelWords } from "./pseudo-label-words.js";
import type { ClassifierSummary, Judgment } from "./summarize-classifier.js";
import { listed, place } from "./words.js";

/** What the runs show together, and what each of them did. */
export function classificationFindings(runs: readonly ClassifierSummary[]): string {
  const items = runs.map((run, index) => finding(run.name, index, [...errorWords(run), trainedWords(run)], details(run)));
  const [verdict, warning] = [compareClassifiers(runs), selectionWarning(runs)].map((words) => words && `<p>${words}</p>`);
  return [verdict, `<ul class="findings">\n${items.join("\n")}\n</ul>`, warning].filter(Boolean).join("\n");
}

function details(run: ClassifierSummary): string[] {
  const judgment = lastTest(run)?.judgment;
  return [
    ...(judgment ? ignoredWords(judgment, run.classNames) : []),
    ...(usesUnlabeled(run.config.method) ? pseudoLabelWords(run) : []),
    curriculumWords(run).join(" "),
  ].filter(Boolean);
}

function trainedWords(run: ClassifierSummary): string {
  const { config, environment } = run;
  const done = stepsOf(run);
  const planned = done < config.training.steps ? ` of ${config.training.steps} planned` : "";
  const title = methodTitles[config.method];
  const time = done > 0 ? ` in ${formatDuration(1000 * secondsOf(run))}` : "";
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}, ${done}${planned} steps on ${imagesWords(run)}${time}${place(environment)}.`;
}

function imagesWords({ config, split: { labeled, unlabeled, classes } }: ClassifierSummary): string {
  if (config.method === "full") return count(unlabeled, "image");
  const known = `${count(labeled.length, "labeled image")} (${labeled.length / classes} of each class)`;
  return usesUnlabeled(config.method) ? `${known} and ${unlabeled} without labels` : known;
}

function errorWords(run: ClassifierSummary): string[] {
  const test = lastTest(run);
  const looks = looksOf(run);
  const selected = run.judged?.selected;
  const words: string[] = [];
  if (test) {
    const at = test.step < stepsOf(run) ? `at step ${test.step}` : "at the end";
    words.push(`<strong>Error ${withSign(test.error)}</strong> on ${count(test.images, "test image")} ${at}${bestWords(looks)}.`);
  }
  if (looks?.on === "validation") {
    const lowest = `Lowest error on ${count(looks.images, "validation image")}: ${withSign(looks.best)}, at step ${looks.bestStep}`;
    words.push(
      selected ? `${lowest}; the weights it chose have <strong>${withSign(selected.error)}</strong> on the test images.` : `${lowest}.`,
    );
  }
  const { judged } = run;
  if (!judged) words.push("Not evaluated yet; <code>gleaner evaluate RUN</code> does it.");
  else if (judged.last.step < stepsOf(run))
    words.push(`Evaluated at step ${judged.last.step}, before it went on; <code>gleaner evaluate RUN</code> does it anew.`);
  return words;
}

const bestWords = (looks: ReturnType<typeof looksOf>): string =>
  looks?.on === "test" ? `, ${withSign(looks.best)} at best (step ${looks.bestStep}) of ${count(looks.count, "look")} at them` : "";

/** Classes that were never predicted: what a method that learns from itself may lose. */
function ignoredWords({ confusion }: Judgment, classNames: readonly string[]): string[] {
  const ignored = classNames.filter((_, c) => confusion[c]!.some((images) => images > 0) && confusion.every((row) => row[c] === 0));
  if (ignored.length === 0) return [];
  const which =
    ignored.length > 3 ? `${ignored.length} of ${classNames.length} classes` : listed(ignored.map((name) => `“${escapeHtml(name)}”`));
  return [`<strong class="alarm">It takes no test image for ${which}.</strong>`];
}

/** The best of many looks at the test images is chosen by what it is measured on. */
function selectionWarning(runs: readonly ClassifierSummary[]): string {
  const chosen = runs.filter((run) => (looksOf(run)?.on === "test" ? looksOf(run)!.count : 0) > 1);
  if (chosen.length === 0) return "";
  const whose = chosen.length === runs.length ? "" : ` of ${listed(chosen.map((run) => escapeHtml(run.name)))}`;
  return `The best error${whose} is chosen on the test images themselves, as the papers report it (<code>protocol: paper</code>), and so is lower than what new images would give. Report the last error, or hold out validation images that choose (<code>protocol: validation</code>).`;
}
