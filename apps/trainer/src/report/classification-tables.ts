import { basename } from "node:path";
import { usesUnlabeled } from "../classification/schema.js";
import { formatDuration } from "../reporters/progress.js";
import { lastTest, looksOf, secondsOf } from "./classifier-errors.js";
import { percent } from "./html.js";
import { settingsTable } from "./settings-table.js";
import type { ClassifierSummary } from "./summarize-classifier.js";
import { headCells, rowHead, scrollingTable, shortName } from "./tables.js";
import { mean } from "./words.js";

const cell = (text: string): string => `<td>${text}</td>`;

/** The error of each run in the ways that papers report it, and what goes with it. */
export function errorTable(runs: readonly ClassifierSummary[]): string {
  const tests = runs.map(lastTest);
  const hasArea = tests.some((test) => test?.judgment?.areaUnderRoc !== undefined);
  const rows = runs.map((run, i) => {
    const test = tests[i];
    const looks = looksOf(run);
    const along = (error: number | undefined): string => {
      if (error === undefined) return "–";
      return looks!.on === "test" ? percent(error) : `(${percent(error)})`;
    };
    const area = test?.judgment?.areaUnderRoc;
    const cells = [
      `<strong>${percent(test?.error ?? Number.NaN)}</strong>`,
      along(looks?.best),
      along(looks?.meanOfLast),
      percent(run.judged?.selected?.error ?? Number.NaN),
      percent(test?.macroF1 ?? Number.NaN),
      percent(test?.balancedAccuracy ?? Number.NaN),
      ...(hasArea ? [area === undefined || Number.isNaN(area) ? "–" : area.toFixed(3)] : []),
      formatDuration(1000 * secondsOf(run)),
    ];
    return `<tr>${rowHead(run.name)}${cells.map(cell).join("")}</tr>`;
  });
  const isMixed = runs.some((run) => looksOf(run)?.on === "validation");
  const columns = ["run", "last", "best", "mean of last 20", "chosen by validation", "macro F1", "balanced accuracy"];
  return scrollingTable(
    `Errors on the test images in %${isMixed ? "; in parentheses on the validation images" : ""}. Best and mean are over the looks along the way; macro F1 and balanced accuracy, in %, go with the last error`,
    `<thead><tr>${headCells([...columns, ...(hasArea ? ["area under the ROC"] : []), "time"])}</tr></thead>
<tbody>${rows.join("\n")}</tbody>`,
    "wrapped",
  );
}

/** More rows than these are no overview. */
const mostClasses = 20;

/** Which part of each class was told right, for runs of the same classes side by side; the hardest classes where there are many. */
export function recallTable(runs: readonly ClassifierSummary[]): string {
  const shown = runs.flatMap((run) => {
    const test = lastTest(run);
    return test ? [{ run, test }] : [];
  });
  if (shown.length === 0) return "";
  const { classNames } = shown[0]!.run;
  const recallsOf = (c: number): number[] => shown.map(({ test }) => test.recall[c]!).filter((recall) => !Number.isNaN(recall));
  const hardest = classNames
    .map((_, c) => ({ c, recall: mean(recallsOf(c)) }))
    .filter(({ recall }) => !Number.isNaN(recall))
    .sort((a, b) => a.recall - b.recall || a.c - b.c);
  const kept = classNames.length <= mostClasses ? classNames.map((_, c) => c) : hardest.slice(0, mostClasses).map(({ c }) => c);
  const rows = kept.map(
    (c) => `<tr><th scope="row">${shortName(classNames[c]!)}</th>${shown.map(({ test }) => recallCell(test.recall[c]!)).join("")}</tr>`,
  );
  const which = kept.length < classNames.length ? `the ${kept.length} hardest of ${classNames.length} classes: ` : "";
  return scrollingTable(
    `Recall of each class in %: ${which}of the test images of a class, those that were taken for it, with the last weights`,
    `<thead><tr>${headCells(["class", ...shown.map(({ run }) => run.name)])}</tr></thead>\n<tbody>${rows.join("\n")}</tbody>`,
    "bars",
  );
}

const recallCell = (recall: number): string =>
  Number.isNaN(recall) ? cell("–") : `<td style="--part:${recall.toFixed(3)}">${percent(recall)}</td>`;

/** The settings of the runs that have a part in their methods, and how many images they had. */
export const classificationSettings = (runs: readonly ClassifierSummary[]): string =>
  settingsTable(
    runs.map(({ name, config, environment, split, ...rest }) => ({
      name,
      settings: { ...relevantSettings(config), images: imagesOf({ config, split, ...rest }) },
      environment,
    })),
  );

function relevantSettings({ task: _, ...config }: ClassifierSummary["config"]): Record<string, unknown> {
  const { method, semi, network, data } = config;
  const { depth: _depth, widen: _widen, groups: _groups, firstStride: _stride, variant: _variant, ...small } = network;
  // Places of data are of one machine; the name of the set is not.
  const { path, ...ofData } = data;
  return {
    ...config,
    data: { set: basename(path), ...ofData },
    network: network.kind === "wide-resnet" ? network : small,
    semi: usesUnlabeled(method) ? { ...semi, ...unusedIn(method) } : undefined,
  };
}

/** What a method does not look at is no setting of its run. */
function unusedIn(method: ClassifierSummary["config"]["method"]): Record<string, undefined> {
  const isFlex = method.startsWith("flex");
  const [isPl, isUda] = [method.endsWith("pl"), method.endsWith("uda")];
  return {
    ...(!isFlex && { warmUp: undefined, mapping: undefined }),
    ...(!isUda && { tsa: undefined, divergence: undefined }),
    ...(isPl ? { temperature: undefined } : { rampFraction: undefined }),
    ...((isPl || isUda) && { hardLabels: undefined }),
  };
}

function imagesOf(run: Omit<ClassifierSummary, "name" | "environment">): Record<string, unknown> {
  const { split, config, judged, looks } = run;
  const isFull = config.method === "full";
  return {
    classes: split.classes,
    labeled: isFull ? "all" : split.labeled.length,
    "labels of each class": isFull ? undefined : split.labeled.length / split.classes,
    "without labels": usesUnlabeled(config.method) ? split.unlabeled : undefined,
    validation: looks.find(({ on }) => on === "validation")?.images ?? split.validation.length,
    test: split.test?.length ?? judged?.last.images ?? looks.find(({ on }) => on === "test")?.images,
  };
}
