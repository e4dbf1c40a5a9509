import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createRandom, shuffled } from "@gleaner/training";
import type { Triple } from "../phantom/canvas.js";
import { phantomIds, writePhantomSet } from "../run/phantom-set.js";
import { cellOf, idOfRow, settingsOfRow } from "./detection-methods.js";
import { oneAtATime } from "./one-at-a-time.js";
import { type PlannedRun, type PlanOptions, runsOf } from "./plan.js";

/** What the table of phantoms is made of. */
export interface PhantomDesign {
  /** The set is a function of these. */
  set: { seed: number; size: Triple; spacingMm?: Triple; difficulty?: "easy" | "standard" };
  /** The first scans of the set judge, the next ones are there to choose settings by; no run learns from either. */
  test: number;
  validation: number;
  /** Of the scans after them every run draws its own; of whole multiples of this where that is too few. */
  pool: number;
  labeled: number;
  unlabeled: number;
  steps: number;
  /** How many supervised steps take as long as a step of FocalMix, over whole runs with these settings. */
  equalTimeFactor: number;
  settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const scansOf = ({ labeled, unlabeled, pool, test, validation }: PhantomDesign): number =>
  test + validation + pool * Math.max(1, Math.ceil((labeled + unlabeled) / pool));

const withOptions = (design: PhantomDesign, { labeled, unlabeled, steps, patch, difficulty }: PlanOptions): PhantomDesign => ({
  ...design,
  set: { ...design.set, ...(difficulty && { difficulty }) },
  settings: patch === undefined ? design.settings : { ...design.settings, training: { ...design.settings["training"], patch } },
  labeled: labeled ?? design.labeled,
  unlabeled: unlabeled ?? design.unlabeled,
  steps: steps ?? design.steps,
});

/** The runs of the table: every method with every seed, on scans that the seed draws. */
export function phantomRuns(design: PhantomDesign, options: PlanOptions): PlannedRun[] {
  const wanted = withOptions(design, options);
  const { labeled, unlabeled, test, validation, steps, equalTimeFactor, settings, set } = wanted;
  const ids = phantomIds(set, scansOf(wanted));
  const held = { test: ids.slice(0, test), validation: ids.slice(test, test + validation) };
  const pool = ids.slice(test + validation);
  return runsOf(options, (method, seed) => {
    // Labeled from the front and unlabeled from the back: the labeled scans of 5 are among those of 10, and more labels leave the unlabeled scans.
    const drawn = shuffled(pool, createRandom(seed).fork("scans"));
    return {
      id: idOfRow(method, seed, labeled, unlabeled),
      cell: cellOf(labeled, unlabeled),
      settings: settingsOfRow(method, {
        seed,
        scans: { labeled: drawn.slice(0, labeled), unlabeled: drawn.slice(drawn.length - unlabeled) },
        data: { root: options.data, ...held },
        steps,
        equalTimeFactor,
        settings,
      }),
    };
  });
}

/** Writes the phantoms of the table into its data folder, unless all are there. */
export async function makePhantoms(
  design: PhantomDesign,
  options: PlanOptions,
  context: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
): Promise<void> {
  const wanted = withOptions(design, options);
  const scans = scansOf(wanted);
  // The tables are written last, and a set that is whole is not touched: several processes may read it.
  const files = [...phantomIds(wanted.set, scans).map((id) => join("subset0", `${id}.mhd`)), "annotations.csv", "seriesuids.csv"];
  const isWhole = (): boolean => files.every((file) => existsSync(join(options.data, file)));
  if (isWhole()) return;
  await oneAtATime(`${options.data}.lock`, context.signal, async () => {
    // Another process may have made it meanwhile.
    if (isWhole()) return;
    await writePhantomSet({ ...wanted.set, out: options.data, scans, threads: Math.min(8, availableParallelism()), ...context });
  });
}
