import type { Config } from "../config.js";

type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A row of a detection table: the method behind it, and in what it differs from the settings of the table. */
interface DetectionMethod {
  method: Config["method"];
  settings?: Settings;
  /** Whether the annotations of the unlabeled scans are used too. */
  allLabels?: true;
  /** Whether it has as many steps as take FocalMix's time, instead of the table's. */
  equalTime?: true;
}

const focalMix = (settings: Settings = {}): DetectionMethod => ({ method: "focalmix", settings });

/** The rows that tables are made of, by name. What a row does not name is as the table has it. */
const detectionMethods: Readonly<Record<string, DetectionMethod>> = {
  supervised: { method: "supervised" },
  "supervised-equal-time": { method: "supervised", equalTime: true },
  full: { method: "supervised", allLabels: true },
  focalmix: focalMix(),
  "mean-teacher": { method: "mean-teacher" },
  "mean-teacher-flexible": { method: "mean-teacher", settings: { objects: { thresholds: "flexible" } } },
  "focalmix-hard-alpha": focalMix({ loss: { softAlpha: false } }),
  "focalmix-hard-beta": focalMix({ loss: { softBeta: false } }),
  "focalmix-hard-alpha-beta": focalMix({ loss: { softAlpha: false, softBeta: false } }),
  "focalmix-k1": focalMix({ focalmix: { views: 1 } }),
  "focalmix-k2": focalMix({ focalmix: { views: 2 } }),
  "focalmix-k4": focalMix({ focalmix: { views: 4 } }),
  "focalmix-k8": focalMix({ focalmix: { views: 8 } }),
  "focalmix-no-mixup": focalMix({ focalmix: { mixUp: "none" } }),
  "focalmix-image-mixup": focalMix({ focalmix: { mixUp: "image" } }),
  "focalmix-object-mixup": focalMix({ focalmix: { mixUp: "image+object" } }),
  "focalmix-mixup-unlabeled": focalMix({ focalmix: { mixUpOf: "unlabeled" } }),
  "focalmix-flexible": focalMix({ focalmix: { mixUp: "image+object" }, objects: { thresholds: "flexible" } }),
};

export const detectionMethodNames: readonly string[] = Object.keys(detectionMethods);

/** Scans of a run: how many the split's seed draws, or which ones. */
interface ScanChoice {
  labeled: number | readonly string[];
  unlabeled: number | readonly string[];
}

/** What a table gives all of its rows. */
interface RowBase {
  seed: number;
  scans: ScanChoice;
  /** Everything else about the data. */
  data: Readonly<Record<string, unknown>>;
  steps: number;
  /** How many supervised steps take as long as a step of FocalMix; 1 unless the table has measured it. */
  equalTimeFactor?: number;
  settings: Settings;
}

/** The configuration of a row: the settings of the table, those of the row over them. */
export function settingsOfRow(name: string, { seed, scans, data, steps, equalTimeFactor = 1, settings }: RowBase): Record<string, unknown> {
  const { method, settings: own = {}, allLabels, equalTime } = detectionMethods[name]!;
  const groups = new Set([...Object.keys(settings), ...Object.keys(own)]);
  const merged = Object.fromEntries([...groups].map((group) => [group, { ...settings[group], ...own[group] }]));
  return {
    method,
    seed,
    data: { ...data, ...scansOfRow(method, scans, allLabels === true) },
    ...merged,
    training: { ...merged["training"], steps: equalTime ? Math.round(steps * equalTimeFactor) : steps },
  };
}

/** Supervised rows name no unlabeled scan, so that they are the same run whatever the number of these is. */
function scansOfRow(method: Config["method"], { labeled, unlabeled }: ScanChoice, allLabels: boolean): ScanChoice {
  if (method !== "supervised") return { labeled, unlabeled };
  if (!allLabels) return { labeled, unlabeled: 0 };
  const all = typeof labeled === "number" ? labeled + (unlabeled as number) : [...labeled, ...(unlabeled as readonly string[])];
  return { labeled: all, unlabeled: 0 };
}

/** The folder of a row's run, the same for all tables in it that would train the same. */
export function idOfRow(name: string, seed: number, labeled: number, unlabeled: number): string {
  const { method, allLabels } = detectionMethods[name]!;
  const scans = method === "supervised" && !allLabels ? `${labeled}-labeled` : `${labeled}-labeled-${unlabeled}-unlabeled`;
  return `${scans}/${name}/seed${seed}`;
}

export const cellOf = (labeled: number, unlabeled: number): string => `${labeled} labeled, ${unlabeled} unlabeled`;
