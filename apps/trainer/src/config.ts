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
  root: z
    .string()
    .optional()
    .describe("Folder in LUNA16's layout: subset*/uid.mhd, annotations.csv, annotations_excluded.csv, seriesuids.csv."),
  annotations: z.string().optional().describe("Annotations in LUNA16's columns, if they are not root/annotations.csv."),
  excluded: z.string().optional().describe("Irrelevant findings, if they are not root/annotations_excluded.csv."),
  labeled: choice.describe(
    "Scans whose annotations train: how many, drawn by the split's seed, or which ones (ids of the data set, or paths of volumes).",
  ),
  unlabeled: choice.default(0).describe("Scans that FocalMix trains on without their annotations; as above."),
  test: choice
    .default(0)
    .describe("Scans held out for gleaner evaluate; as above. They are drawn first, so more or fewer labels leave them as they are."),
  splitSeed: count.default(0).describe("Seed of the drawing."),
});

const preprocessing = z.strictObject({
  spacingMm: z.union([positive, triple]).default(1.5).describe("Voxel spacing of the network, one number or [z, y, x]."),
  windowHu: z
    .tuple([z.number(), z.number()])
    .default([-1000, 400])
    .describe("Hounsfield units that become 0..1, what lies outside is clipped; then stretched to −1..1 for the network."),
  lungMask: z.boolean().default(true).describe("Keep the box around the lungs, and detect only inside their dilated mask."),
  marginMm: z.number().min(0).default(10).describe("Margin around the lungs."),
});

const network = z.strictObject({
  channels: z.array(z.int().min(4)).min(2).default([16, 32, 48]).describe("Channels of the stages, at strides 2, 4, 8, …"),
  pyramidChannels: z.int().min(4).default(32).describe("Channels of the top-down path and of the head."),
  groups: z.int().min(1).default(4).describe("Groups of every group norm."),
  levels: z
    .array(z.strictObject({ stride: z.int().min(2), anchorsMm: z.array(positive).min(1) }))
    .min(1)
    .default([{ stride: 4, anchorsMm: [5, 8, 13] }])
    .describe("Levels with a head: their stride in voxels, and the edges of their cube anchors in mm."),
});

const matching = z.strictObject({
  method: z
    .enum(["center", "iou", "atss"])
    .default("center")
    .describe("How anchors get their objects: by distance of the centers, by overlap, or adaptively (ATSS)."),
});

const training = z.strictObject({
  steps: z.int().min(1).default(2000).describe("Updates of the weights."),
  labeledBatch: z.int().min(1).default(8).describe("Labeled patches a step."),
  unlabeledBatch: count.default(8).describe("Unlabeled patches a step; at least 1 for FocalMix."),
  patch: z.int().min(8).default(32).describe("Edge of the cube patches in voxels; a multiple of the network's largest stride."),
  foreground: fraction.default(0.6).describe("Share of the labeled patches that hold a nodule."),
  symmetries: z
    .enum(["cube", "flips", "none"])
    .default("cube")
    .describe("Augmentation of the patches, and the views of the teacher: the 48 symmetries of the cube, the 8 flips, or none."),
  learningRate: positive.default(2e-3).describe("Highest learning rate of AdamW."),
  weightDecay: z.number().min(0).default(1e-4).describe("Decoupled weight decay of the kernels."),
  warmUp: fraction
    .default(0.02)
    .describe("Share of the steps over which the learning rate rises; after it the rate falls by a cosine to 0."),
  clipNorm: positive.default(5).describe("Gradients are scaled down to this global norm."),
  emaDecay: z
    .number()
    .min(0)
    .max(0.99999)
    .default(0.99)
    .describe("Decay of the moving average of the weights, which is what is evaluated."),
  checkpointEvery: z.int().min(1).default(500).describe("Steps between checkpoints."),
});

const loss = z.strictObject({
  alpha: z.tuple([fraction, fraction]).default([0.25, 0.75]).describe("Weights [α0, α1] of background and object."),
  gamma: z.number().min(0).default(2).describe("Exponent γ of |y − p|."),
  softAlpha: z.boolean().default(true).describe("Off: α of the nearer hard target, as in the paper's ablation."),
  softBeta: z.boolean().default(true).describe("Off: the factor |y − p|^γ of the nearer hard target, as in the paper's ablation."),
  boxWeight: z.number().min(0).default(0.5).describe("Weight of the box regression."),
  boxBeta: positive.default(1 / 9).describe("β of the smooth L1 loss."),
});

const focalmix = z.strictObject({
  views: z.int().min(1).default(4).describe("K, the views of each unlabeled patch over which the teacher is averaged."),
  temperature: positive.default(0.5).describe("T of the sharpening; 1 leaves the mean as it is."),
  unlabeledWeight: z.number().min(0).default(10).describe("Weight of the loss of the unlabeled patches."),
  supervisedUntil: fraction.default(0.3).describe("Share of the steps that are supervised only, so that the teacher knows something."),
  rampOver: fraction.default(0.2).describe("Share of the steps over which the unlabeled weight then rises."),
  mixUpAlpha: z.number().min(0).default(0.2).describe("η of λ ~ Beta(η, η); 0 switches MixUp off."),
  teacher: z
    .enum(["ema", "live"])
    .default("ema")
    .describe("Who makes the targets: the moving average of the weights, or the weights themselves."),
});

const detection = z.strictObject({
  patch: z.int().min(8).default(64).describe("Edge of the tiles in voxels; a multiple of the network's largest stride."),
  overlap: z.number().min(0).max(0.75).default(0.25).describe("Share of a tile that its neighbor covers too."),
  scoreThreshold: fraction.default(0.02).describe("Marks below this probability are dropped."),
  nmsIou: fraction.default(0.1).describe("Of two boxes that overlap more, the better one stays."),
  maxPerScan: z.int().min(1).default(40).describe("Marks kept in a scan, the best ones."),
});

/** Every setting with its default and what it is for; the site's table of settings is made from it. */
export const schema = z.strictObject({
  task: z.literal("detection").default("detection").describe("What is learned; detection is what there is."),
  method: z.enum(["supervised", "focalmix"]).describe("supervised uses the labeled scans alone, focalmix the unlabeled ones too."),
  seed: count.default(0).describe("Of the weights, the patches and everything else that training draws."),
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
