import { usesUnlabeled } from "../classification/schema.js";
import { errorFigure, lastStep, rateFigure, testDots } from "./classification-figures.js";
import { classificationSettings, errorTable, recallTable } from "./classification-tables.js";
import { classificationFindings } from "./classification-words.js";
import { lastTest } from "./classifier-errors.js";
import { confusionSection } from "./confusion-table.js";
import { learningEffectFigure, shownClasses, showsAll, thresholdFigure } from "./curriculum-figures.js";
import { escapeHtml } from "./html.js";
import { figure, legend, type PageWords, page } from "./page.js";
import type { ClassifierSummary } from "./summarize-classifier.js";

/** The page about runs that tell images apart. */
export function classificationPage(runs: readonly ClassifierSummary[], words: PageWords = {}): string {
  return page(
    [
      classificationFindings(runs),
      errorSection(runs),
      unlabeledSection(runs),
      curriculumSection(runs),
      classesSection(runs),
      `<h2>Settings</h2>\n${classificationSettings(runs)}`,
    ],
    "Errors are of the images named here; other images, other cameras or other clinics may give others.",
    words,
  );
}

function errorSection(runs: readonly ClassifierSummary[]): string {
  const isSeen = ({ looks, judged }: ClassifierSummary): boolean => looks.length > 0 || judged !== undefined;
  if (!runs.some(isSeen)) return "<h2>Error</h2>\n<p>No image was judged yet; <code>gleaner evaluate RUN</code> does it.</p>";
  const dots = runs.some((run) => testDots(run).length > 0) ? " Dots are errors on the test images, with the weights of that step." : "";
  const curves = runs.some(({ looks }) => looks.length > 0)
    ? figure(errorFigure(runs), `${legend(runs, isSeen)} ${seenWords(runs)}${dots}`)
    : "";
  return `<h2>Error</h2>\n${curves}\n${errorTable(runs)}`;
}

/** Which images the lines are of: error curves of test and of validation images look alike. */
function seenWords(runs: readonly ClassifierSummary[]): string {
  const of = (on: "test" | "validation"): string[] =>
    runs.filter(({ looks }) => looks.at(-1)?.on === on).map(({ name }) => escapeHtml(name));
  const [test, validation] = [of("test"), of("validation")];
  if (validation.length === 0) return "Errors on the test images, looked at along the way with the averaged weights.";
  if (test.length === 0) return "Lines are errors on the validation images, with the averaged weights.";
  return `Lines are errors on the test images (${test.join(", ")}) and on the validation images (${validation.join(", ")}), with the averaged weights: compare the two kinds with care.`;
}

function unlabeledSection(runs: readonly ClassifierSummary[]): string {
  const uses = ({ config }: ClassifierSummary): boolean => usesUnlabeled(config.method);
  if (!runs.some(uses)) return "";
  if (!runs.some((run) => uses(run) && run.steps.length > 0)) return "<h2>Unlabeled images</h2>\n<p>No step is logged yet.</p>";
  const keys = legend(runs, uses);
  const isFlex = runs.some(({ config }) => config.method.startsWith("flex"));
  const isMixed = isFlex && runs.some((run) => uses(run) && !run.config.method.startsWith("flex"));
  const ofT = isFlex
    ? " Flex methods hold an image against the flexible threshold of its class, T: nothing is learnt at the start, every T is 0, and all images are used."
    : "";
  const ofTau = `${isFlex ? " Flex methods count these images to set T; they do not choose by τ." : ""}${isMixed ? " The other methods use just these." : ""}`;
  const isKnown = (run: ClassifierSummary): boolean => uses(run) && run.steps.some((event) => !Number.isNaN(event.pseudoLabelAccuracy));
  const used = figure(
    rateFigure(runs, "maskRate", "used, % of unlabeled images", "Share of the unlabeled images that was used, over the steps"),
    `${keys} Used: the share that was trained on (the mask rate; some programs give its complement that name).${ofT}`,
  );
  const confident = figure(
    rateFigure(
      runs,
      "confidentRate",
      "confident, % of unlabeled images",
      "Share of the unlabeled images that reached the fixed threshold, over the steps",
    ),
    `${keys} Confident: the share that reached the fixed threshold τ (${thresholdWords(runs.filter(uses))}).${ofTau}`,
  );
  const right = runs.some(isKnown)
    ? figure(
        rateFigure(
          runs,
          "pseudoLabelAccuracy",
          "right, % of those used",
          "Share of the pseudo-labels in use that was right, over the steps",
        ),
        `${legend(runs, isKnown)} Right: of the images that were used, those whose pseudo-label was their class. Training never sees these classes.`,
      )
    : "";
  return `<h2>Unlabeled images</h2>\n<div class="row">\n${used}\n${confident}\n${right}\n</div>`;
}

const thresholdWords = (runs: readonly ClassifierSummary[]): string => {
  const values = [...new Set(runs.map(({ config }) => config.semi.threshold))];
  if (values.length === 1) return String(values[0]);
  return runs.map(({ name, config }) => `${escapeHtml(name)} ${config.semi.threshold}`).join(", ");
};

function curriculumSection(runs: readonly ClassifierSummary[]): string {
  const flex = runs.filter(({ curricula }) => curricula.length > 0);
  if (flex.length === 0) return "";
  const steps = lastStep(runs);
  const figures = flex.map((run) => {
    const keys = legend(shownClasses(run).map((c) => ({ name: run.classNames[c]! })));
    const rest = showsAll(run)
      ? ""
      : ` The ${shownClasses(run).length} classes that are hardest at the end; the thick line is the median of all ${run.split.classes}, the band reaches from the lowest to the highest.`;
    return `<h3>${escapeHtml(run.name)}</h3>
<div class="row">
${figure(thresholdFigure(run, steps), `${keys}${rest} T: how likely a class has to be for an image that is taken for it to be used.`)}
${figure(learningEffectFigure(run, steps), `${keys}${rest} σ: how many unlabeled images count for a class, because they reached τ when they were last seen.`)}
</div>`;
  });
  return `<h2>Curriculum</h2>\n${figures.join("\n")}`;
}

function classesSection(runs: readonly ClassifierSummary[]): string {
  if (!runs.some(lastTest)) return "";
  const sets = new Map<string, ClassifierSummary[]>();
  for (const run of runs) sets.set(JSON.stringify(run.classNames), [...(sets.get(JSON.stringify(run.classNames)) ?? []), run]);
  const tables = [...sets.values()].map(recallTable);
  return `<h2>Classes</h2>\n${tables.filter(Boolean).join("\n")}\n${confusionSection(runs)}`;
}
