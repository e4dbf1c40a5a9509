import * as Plot from "@observablehq/plot";
import { draw, lineOf, type Point, stepAxis, thinned } from "./plots.js";
import type { ClassifierSummary } from "./summarize-classifier.js";

type Quantity = "thresholds" | "learningEffects";

/** With more classes than this the lines of all would be a thicket. */
const mostLines = 12;
const hardestShown = 5;

/** The classes by how little they are learnt at the end: the lowest threshold, then the fewest images, first. */
export function hardestFirst({ curricula, split: { classes } }: ClassifierSummary): number[] {
  const { thresholds, learningEffects } = curricula.at(-1)!;
  return Array.from({ length: classes }, (_, c) => c).sort(
    (a, b) => thresholds[a]! - thresholds[b]! || learningEffects[a]! - learningEffects[b]! || a - b,
  );
}

/** Whether every class has a line of its own. */
export const showsAll = ({ split }: ClassifierSummary): boolean => split.classes <= mostLines;

/** The classes that have a line of their own, in the order of their looks. */
export const shownClasses = (run: ClassifierSummary): number[] =>
  showsAll(run) ? Array.from({ length: run.split.classes }, (_, c) => c) : hardestFirst(run).slice(0, hardestShown);

/** T of each class over the steps. */
export function thresholdFigure(run: ClassifierSummary, steps: number): string {
  const { threshold } = run.config.semi;
  return curriculumFigure(
    run,
    "thresholds",
    steps,
    `Flexible thresholds of ${run.name} over the steps, one line a class, up to ${threshold}`,
    {
      domain: [0, 1],
      label: "flexible threshold T",
      rule: threshold,
      says: `τ = ${threshold}`,
    },
  );
}

/** σ of each class over the steps. */
export const learningEffectFigure = (run: ClassifierSummary, steps: number): string =>
  curriculumFigure(run, "learningEffects", steps, `Learning effects of ${run.name} over the steps, one line a class`, {
    domain: [0, Math.max(1, ...run.curricula.flatMap(({ learningEffects }) => learningEffects))],
    label: "learning effect σ, images",
  });

function curriculumFigure(
  run: ClassifierSummary,
  quantity: Quantity,
  steps: number,
  label: string,
  axis: { domain: [number, number]; label: string; rule?: number; says?: string },
): string {
  const curricula = thinned(run.curricula, 120);
  const lines = shownClasses(run).map((c) => curricula.map((one): Point => ({ x: one.step, y: one[quantity][c]! })));
  const { rule, says } = axis;
  return draw(label, {
    x: stepAxis(steps),
    y: { domain: axis.domain, ticks: 5, grid: true, label: axis.label, labelArrow: "none" },
    marks: [
      ...(rule === undefined ? [] : [Plot.ruleY([rule], { stroke: "var(--soft)", strokeDasharray: "5 4", strokeWidth: 1.5 })]),
      ...(showsAll(run) ? [] : rangeMarks(curricula.map((one) => ({ x: one.step, values: one[quantity] })))),
      ...lines.map(lineOf),
      ...(rule === undefined
        ? []
        : [Plot.text([says], { frameAnchor: "left", y: rule, dx: 4, dy: 11, text: (words: string) => words, ...halo })]),
    ],
  });
}

const halo = { fill: "var(--soft)", stroke: "var(--plot-background)", strokeWidth: 4 } as const;

/** From the lowest to the highest of all classes, and the middle one. */
function rangeMarks(states: readonly { x: number; values: readonly number[] }[]): Plot.Markish[] {
  const spread = states.map(({ x, values }) => {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
    return { x, low: sorted[0]!, high: sorted.at(-1)!, middle };
  });
  return [
    Plot.areaY(spread, { x: "x", y1: "low", y2: "high", fill: "var(--soft)", fillOpacity: 0.2 }),
    Plot.line(spread, { x: "x", y: "middle", stroke: "var(--ink)", strokeWidth: 2.5 }),
  ];
}
