import type { LastTest } from "./classifier-errors.js";
import { flatten } from "./settings-table.js";
import type { ClassifierSummary } from "./summarize-classifier.js";
import { mean } from "./words.js";

/** The methods by the names that papers use. */
export const methodTitles: Readonly<Record<ClassifierSummary["config"]["method"], string>> = {
  full: "training with all labels",
  supervised: "supervised training",
  pl: "pseudo-labeling",
  "flex-pl": "Flex-PL",
  uda: "UDA",
  "flex-uda": "Flex-UDA",
  fixmatch: "FixMatch",
  flexmatch: "FlexMatch",
};

/** Runs that are the same but for their seed. */
export interface Group {
  title: string;
  runs: ClassifierSummary[];
  /** Error by what was drawn for a run: its seed, its labeled and its test images. */
  errors: Map<string, number>;
}

/** A run with the error that it is compared by. */
export interface Tested {
  run: ClassifierSummary;
  test: LastTest;
  error: number;
}

/** Groups by settings; methods by name, and where a method is there twice, by what the settings differ in. */
export function groupsOf(tested: readonly Tested[]): Group[] {
  const settings = tested.map(({ run }) => comparable(run));
  const groups = new Map<string, { members: Tested[]; settings: Map<string, string> }>();
  for (const [i, one] of tested.entries()) {
    const key = JSON.stringify([...settings[i]!]);
    const group = groups.get(key) ?? { members: [], settings: settings[i]! };
    group.members.push(one);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  return all.map(({ members, settings: own }) => {
    const { method } = members[0]!.run.config;
    const others = all.filter((group) => group.members[0]!.run.config.method === method && group.settings !== own);
    const differs = [...own].filter(([name, value]) => others.some((other) => other.settings.get(name) !== value)).slice(0, 3);
    const which = differs.length > 0 ? ` (${differs.map(([name, value]) => `${name} ${value}`).join(", ")})` : "";
    return { title: methodTitles[method] + which, runs: members.map(({ run }) => run), errors: meansByDraw(members) };
  });
}

function meansByDraw(members: readonly Tested[]): Map<string, number> {
  const errors = new Map<string, number[]>();
  for (const { run, error } of members) {
    const { labeled, test } = run.split;
    const drawn = JSON.stringify([run.config.seed, labeled, test]);
    errors.set(drawn, [...(errors.get(drawn) ?? []), error]);
  }
  return new Map([...errors].map(([drawn, values]) => [drawn, mean(values)]));
}

/** The settings in which runs differ that are no repetitions of each other: not the seeds, the place of the data and the threads. */
function comparable({ config }: ClassifierSummary): Map<string, string> {
  const { seed: _, ...rest } = config;
  const { path: _path, splitSeed: _seed, ...data } = config.data;
  const { threads: _threads, ...augmentation } = config.augmentation;
  return flatten({ ...rest, data, augmentation });
}
