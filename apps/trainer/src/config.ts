import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { inputError } from "./errors.js";

const positive = z.number().positive();
const fraction = z.number().min(0).max(1);
const count = z.int().min(0);
const triple = z.tuple([positive, positive, positive]);
/** How many scans, drawn by the split's seed, or which ones: ids of the data set, or paths of volumes relative to the configuration. */
const choice = z.union([count, z.array(z.string().min(1))]);

const data = z.strictObject({
  /** Folder in LUNA16's layout (subset*\/uid.mhd, annotations.csv, annotations_excluded.csv, seriesuids.csv). */
  root: z.string().optional(),
  /** Annotations, if they are not root/annotations.csv. */
  annotations: z.string().optional(),
  /** Irrelevant findings, if they are not root/annotations_excluded.csv. */
  excluded: z.string().optional(),
  labeled: choice,
  unlabeled: choice.default(0),
  test: choice.default(0),
  splitSeed: count.default(0),
});

const preprocessing = z.strictObject({
  spacingMm: z.union([positive, triple]).default(1.5),
  /** Clipped to 0..1 of this window, then stretched to −1..1 for the network. */
  windowHu: z.tuple([z.number(), z.number()]).default([-1000, 400]),
  /** Keep the box around the lungs, with a margin, and detect only inside the dilated mask. */
  lungMask: z.boolean().default(true),
  marginMm: z.number().min(0).default(10),
});

const network = z.strictObject({
  /** Channels of the stages, at strides 2, 4, 8, … */
  channels: z.array(z.int().min(4)).min(2).default([16, 32, 48]),
  pyramidChannels: z.int().min(4).default(32),
  /** Groups of every group norm. */
  groups: z.int().min(1).default(4),
  /** Levels with a head: their stride in voxels, and the edges of their cube anchors in mm. */
  levels: z
    .array(z.strictObject({ stride: z.int().min(2), anchorsMm: z.array(positive).min(1) }))
    .min(1)
    .default([{ stride: 4, anchorsMm: [5, 8, 13] }]),
});

const matching = z.strictObject({
  method: z.enum(["center", "iou", "atss"]).default("center"),
});

const training = z.strictObject({
  steps: z.int().min(1).default(2000),
  labeledBatch: z.int().min(1).default(8),
  unlabeledBatch: count.default(8),
  patch: z.int().min(8).default(32),
  /** Share of labeled patches that hold a nodule. */
  foreground: fraction.default(0.6),
  symmetries: z.enum(["cube", "flips", "none"]).default("cube"),
  learningRate: positive.default(2e-3),
  weightDecay: z.number().min(0).default(1e-4),
  /** Share of the steps over which the learning rate rises; after it the rate falls by a cosine to 0. */
  warmUp: fraction.default(0.02),
  clipNorm: positive.default(5),
  emaDecay: z.number().min(0).max(0.99999).default(0.99),
  checkpointEvery: z.int().min(1).default(500),
});

const loss = z.strictObject({
  alpha: z.tuple([fraction, fraction]).default([0.25, 0.75]),
  gamma: z.number().min(0).default(2),
  softAlpha: z.boolean().default(true),
  softBeta: z.boolean().default(true),
  boxWeight: z.number().min(0).default(0.5),
  boxBeta: positive.default(1 / 9),
});

const focalmix = z.strictObject({
  /** K. */
  views: z.int().min(1).default(4),
  temperature: positive.default(0.5),
  unlabeledWeight: z.number().min(0).default(10),
  /** Share of the steps that are supervised only, so that the teacher knows something. */
  supervisedUntil: fraction.default(0.3),
  /** Share of the steps over which the unlabeled weight then rises. */
  rampOver: fraction.default(0.2),
  mixUpAlpha: z.number().min(0).default(0.2),
  teacher: z.enum(["ema", "live"]).default("ema"),
});

const detection = z.strictObject({
  patch: z.int().min(8).default(64),
  overlap: z.number().min(0).max(0.75).default(0.25),
  scoreThreshold: fraction.default(0.02),
  nmsIou: fraction.default(0.1),
  maxPerScan: z.int().min(1).default(40),
});

const schema = z.strictObject({
  task: z.literal("detection").default("detection"),
  method: z.enum(["supervised", "focalmix"]),
  seed: count.default(0),
  data,
  preprocessing: preprocessing.prefault({}),
  network: network.prefault({}),
  matching: matching.prefault({}),
  training: training.prefault({}),
  loss: loss.prefault({}),
  focalmix: focalmix.prefault({}),
  detection: detection.prefault({}),
});

/** A configuration with every default filled in. */
export type Config = z.output<typeof schema>;

/** Holds a plain object against the schema; `source` is what error sentences call it, `lineOf` finds where a key stands in it. */
export function validateConfig(
  value: unknown,
  source: string,
  lineOf: (path: readonly PropertyKey[]) => number | undefined = () => undefined,
): Config {
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0]! : undefined;
    const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
    const line = lineOf(path);
    const place = `${source}${line === undefined ? "" : `, line ${line}`}`;
    if (unknownKey !== undefined) {
      const known = knownKeys(issue.path);
      throw inputError(`${place}: ${path.join(".")} is no setting; expected one of ${known.join(", ")}`);
    }
    throw inputError(
      `${place}: ${path.join(".") || "the configuration"} is ${JSON.stringify(valueAt(value, path)) ?? "missing"}; ${lowerFirst(issue.message)}`,
    );
  }
  const config = result.data;
  const stride = Math.max(2 ** config.network.channels.length, ...config.network.levels.map((level) => level.stride));
  for (const [name, patch] of [
    ["training.patch", config.training.patch],
    ["detection.patch", config.detection.patch],
  ] as const) {
    if (patch % stride !== 0)
      throw inputError(`${source}: ${name} is ${patch}; expected a multiple of ${stride}, the network's largest stride`);
  }
  if (config.preprocessing.windowHu[0] >= config.preprocessing.windowHu[1]) {
    throw inputError(`${source}: preprocessing.windowHu is ${JSON.stringify(config.preprocessing.windowHu)}; expected the lower end first`);
  }
  if (config.method === "focalmix" && config.training.unlabeledBatch === 0) {
    throw inputError(`${source}: training.unlabeledBatch is 0; expected at least 1 for the method focalmix`);
  }
  return config;
}

/** Reads a YAML (or JSON) configuration; paths in it are relative to its folder. */
export function readConfig(path: string): Config {
  if (!existsSync(path)) throw inputError(`${path} does not exist; expected a configuration in YAML`);
  const text = readFileSync(path, "utf8");
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken) throw inputError(`${path}, line ${lineAt(text, broken.pos[0])}: not YAML: ${broken.message.split("\n")[0]}`);
  const config = validateConfig(document.toJS(), path, (keys) => {
    const node = document.getIn(keys as string[], true) as { range?: [number, number, number] } | undefined;
    return node?.range ? lineAt(text, node.range[0]) : undefined;
  });
  return withAbsolutePaths(config, dirname(resolve(path)));
}

/** The same configuration with every path absolute, so that it means the same in a run's folder. */
export function withAbsolutePaths(config: Config, base: string): Config {
  const absolute = (path: string): string => resolve(base, path);
  const places = (value: number | string[]): number | string[] =>
    Array.isArray(value) ? value.map((entry) => (existsSync(absolute(entry)) ? absolute(entry) : entry)) : value;
  const { root, annotations, excluded, labeled, unlabeled, test } = config.data;
  return {
    ...config,
    data: {
      ...config.data,
      ...(root !== undefined && { root: absolute(root) }),
      ...(annotations !== undefined && { annotations: absolute(annotations) }),
      ...(excluded !== undefined && { excluded: absolute(excluded) }),
      labeled: places(labeled),
      unlabeled: places(unlabeled),
      test: places(test),
    },
  };
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at !== null && typeof at === "object" ? (at as Record<PropertyKey, unknown>)[key] : undefined), value);

/** The settings that exist at a place of the schema. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const sections: Record<string, z.ZodObject> = { data, preprocessing, network, matching, training, loss, focalmix, detection };
  if (path.length === 0) return Object.keys(schema.shape);
  const section = sections[String(path[0])];
  if (section && path.length === 1) return Object.keys(section.shape);
  return ["stride", "anchorsMm"];
}
