import { lastTest } from "./classifier-errors.js";
import { count, escapeHtml, percent, withSign } from "./html.js";
import type { ClassifierSummary, Judgment } from "./summarize-classifier.js";
import { headCells, scrollingTable, shortName } from "./tables.js";
import { listed } from "./words.js";

/** A wider table cannot be read as a picture. */
const mostClasses = 20;

/** What the classes were taken for, run by run; of many classes the pairs that are confused most. */
export function confusionSection(runs: readonly ClassifierSummary[]): string {
  const parts = runs.map(confusionOf).filter(Boolean);
  if (parts.length === 0) return "<h2>Confusion</h2>\n<p>Not known of the last weights; <code>gleaner evaluate RUN</code> finds it.</p>";
  const isPicture = runs.some(({ classNames }) => classNames.length <= mostClasses);
  const key = isPicture
    ? '<p class="note">A row is a true class. The fuller the color of a number, the larger its share of the row; right answers are framed, and “·” is none.</p>\n'
    : "";
  // Two tables of few classes stand beside each other on a desk.
  const isNarrow = runs.every(({ classNames }) => classNames.length <= 10);
  const tables = `${key}${isNarrow ? `<div class="row tables">\n${parts.join("\n")}\n</div>` : parts.join("\n")}`;
  const folded = parts.length > 4 ? `<details><summary>The tables of ${parts.length} runs</summary>\n${tables}</details>` : tables;
  return `<h2>Confusion</h2>\n${folded}`;
}

/** Nothing of a run that is not evaluated. */
function confusionOf(run: ClassifierSummary): string {
  const judgment = lastTest(run)?.judgment;
  if (!judgment) return "";
  const { classNames, name } = run;
  const pairs = confusedPairs(judgment.confusion);
  if (classNames.length > mostClasses) return pairsTable(name, pairs.slice(0, 10), classNames);
  return `<div>${confusionTable(run, judgment)}\n${pairsWords(pairs, classNames)}</div>`;
}

interface Pair {
  truth: number;
  taken: number;
  images: number;
  /** Of the images of the true class. */
  share: number;
}

/** Which class was taken for which other, the most images first. */
export function confusedPairs(confusion: Judgment["confusion"]): Pair[] {
  return confusion
    .flatMap((row, truth) => {
      const all = row.reduce((sum, images) => sum + images, 0);
      return row.flatMap((images, taken) => (images > 0 && taken !== truth ? [{ truth, taken, images, share: images / all }] : []));
    })
    .sort((a, b) => b.images - a.images || b.share - a.share);
}

function pairsWords(pairs: readonly Pair[], classNames: readonly string[]): string {
  if (pairs.length === 0) return "<p>No image was taken for another class.</p>";
  const named = pairs.slice(0, 3).map(({ truth, taken, images, share }) => {
    const name = (c: number): string => `“${escapeHtml(classNames[c])}”`;
    return `${name(truth)} for ${name(taken)} (${count(images, "image")}, ${withSign(share)})`;
  });
  return `<p>Most often taken for another: ${listed(named)}.</p>`;
}

function confusionTable({ classNames, name }: ClassifierSummary, { confusion, images, step, perClass }: Judgment): string {
  // Beside each other, long names would make a wide table of small numbers.
  const isUpright = classNames.length > 4 && classNames.some((className) => className.length > 4);
  const heads = classNames.map((className) => `<th scope="col"><span>${shortName(className)}</span></th>`).join("");
  const rows = confusion.map((row, truth) => {
    const all = perClass[truth]!.support;
    const cells = row.map((value, taken) => confusionCell(value, all, truth === taken));
    return `<tr><th scope="row">${shortName(classNames[truth]!)}</th>${cells.join("")}<td>${all > 0 ? percent(perClass[truth]!.recall) : "–"}</td></tr>`;
  });
  return scrollingTable(
    `${name}, step ${step}: what ${count(images, "test image")} were taken for`,
    `<thead><tr><th scope="col" rowspan="2">class</th><th scope="colgroup" colspan="${classNames.length}">taken for</th><th scope="col" rowspan="2">recall, %</th></tr>
<tr>${heads}</tr></thead>
<tbody>${rows.join("\n")}</tbody>`,
    `confusion${isUpright ? " upright" : ""}`,
  );
}

function confusionCell(images: number, all: number, isRight: boolean): string {
  const kind = isRight ? ' class="right"' : "";
  if (images === 0) return `<td${kind}><small>·</small></td>`;
  return `<td${kind} style="--part:${(images / all).toFixed(3)}">${images}</td>`;
}

function pairsTable(name: string, pairs: readonly Pair[], classNames: readonly string[]): string {
  const rows = pairs.map(
    ({ truth, taken, images, share }) =>
      `<tr><th scope="row">${shortName(classNames[truth]!)}</th><td>${shortName(classNames[taken]!)}</td><td>${images}</td><td>${percent(share)}</td></tr>`,
  );
  return scrollingTable(
    `The classes that ${name} took most often for another`,
    `<thead><tr>${headCells(["class", "taken for", "images", "% of the class"])}</tr></thead>\n<tbody>${rows.join("\n")}</tbody>`,
  );
}
