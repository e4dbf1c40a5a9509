import { z } from "zod";

// The message of every setting says all that is expected of it, whatever is wrong; it goes on after "expected".

/** A number from `low` to `high`. */
const number = (low: number, high: number = Number.POSITIVE_INFINITY): z.ZodNumber => {
  const error = high === Number.POSITIVE_INFINITY ? `a number of at least ${low}` : `a number from ${low} to ${high}`;
  return z.number({ error }).min(low, { error }).max(high, { error });
};
const positive = (high: number): z.ZodNumber => {
  const error = `a number above 0, up to ${high}`;
  return z.number({ error }).gt(0, { error }).max(high, { error });
};
const whole = (low: number, high: number = Number.MAX_SAFE_INTEGER): z.ZodInt => {
  const error = high === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${low}` : `a whole number from ${low} to ${high}`;
  return z.int({ error }).min(low, { error }).max(high, { error });
};
const fraction = number(0, 1);
const flag = z.boolean({ error: "true or false" });
const path = z.string({ error: "a path" }).min(1, { error: "a path" });
const oneOf = <const T extends readonly string[]>(...names: T) => z.enum(names, { error: names.join(" or ") });
const section = <T extends z.ZodRawShape>(shape: T, error = "a group of settings") => z.strictObject(shape, { error });

/** Every layer of a network draws from its own multiple of the seed. */
export const maxSeed: number = 2 ** 32 - 1;

const spacing = number(0.1, 20);
const anchors = "a list of 1 to 16 edges in mm";
const levels = "a list of 1 to 8 levels, each with stride and anchorsMm";
const widths = "a list of 2 to 8 numbers of channels";
/** How many scans, drawn by the split's seed, or which ones: ids of the data set, or paths of volumes relative to the configuration. */
const choice = z.union(
  [whole(0), z.array(z.string({ error: "the id or path of a scan, as text" }).min(1, { error: "the id or path of a scan, as text" }))],
  { error: "how many scans, or a list of ids and paths (in quotes where they look like numbers)" },
);

const data = section({
  /** Folder in LUNA16's layout (subset*\/uid.mhd, annotations.csv, annotations_excluded.csv, seriesuids.csv). */
  root: path.optional(),
  /** Annotations, if they are not root/annotations.csv. */
  annotations: path.optional(),
  /** Irrelevant findings, if they are not root/annotations_excluded.csv. */
  excluded: path.optional(),
  labeled: choice,
  unlabeled: choice.default(0),
  test: choice.default(0),
  splitSeed: whole(0).default(0),
});

const preprocessing = section({
  spacingMm: z
    .union([spacing, z.tuple([spacing, spacing, spacing], { error: "three numbers" })], {
      error: "a number from 0.1 to 20, or three of them for z, y and x",
    })
    .default(1.5),
  /** Clipped to 0..1 of this window, then stretched to −1..1 for the network. */
  windowHu: z
    .tuple([number(-32768, 32767), number(-32768, 32767)], { error: "two numbers, the lower and the upper end" })
    .default([-1000, 400]),
  /** Keep the box around the lungs, with a margin, and detect only inside the dilated mask. */
  lungMask: flag.default(true),
  marginMm: number(0, 1000).default(10),
});

const network = section({
  /** Channels of the stages, at strides 2, 4, 8, … */
  channels: z.array(whole(1, 4096), { error: widths }).min(2, { error: widths }).max(8, { error: widths }).default([16, 32, 48]),
  pyramidChannels: whole(1, 4096).default(32),
  /** Groups of every group norm. */
  groups: whole(1, 4096).default(4),
  /** Levels with a head: their stride in voxels, and the edges of their cube anchors in mm. */
  levels: z
    .array(
      section({
        stride: whole(2, 256),
        anchorsMm: z.array(positive(1000), { error: anchors }).min(1, { error: anchors }).max(16, { error: anchors }),
      }),
      { error: levels },
    )
    .min(1, { error: levels })
    .max(8, { error: levels })
    .default([{ stride: 4, anchorsMm: [5, 8, 13] }]),
});

const matching = section({
  method: oneOf("center", "iou", "atss").default("center"),
});

const training = section({
  steps: whole(1).default(2000),
  labeledBatch: whole(1, 4096).default(8),
  unlabeledBatch: whole(0, 4096).default(8),
  patch: whole(8, 512).default(32),
  /** Share of labeled patches that hold a nodule. */
  foreground: fraction.default(0.6),
  symmetries: oneOf("cube", "flips", "none").default("cube"),
  learningRate: positive(100).default(2e-3),
  weightDecay: number(0).default(1e-4),
  /** Share of the steps over which the learning rate rises; after it the rate falls by a cosine to 0. */
  warmUp: fraction.default(0.02),
  clipNorm: positive(1e9).default(5),
  emaDecay: number(0, 0.99999).default(0.99),
  checkpointEvery: whole(1).default(500),
});

const loss = section({
  alpha: z.tuple([fraction, fraction], { error: "two numbers from 0 to 1, for background and nodules" }).default([0.25, 0.75]),
  gamma: number(0, 100).default(2),
  softAlpha: flag.default(true),
  softBeta: flag.default(true),
  boxWeight: number(0).default(0.5),
  boxBeta: positive(1e9).default(1 / 9),
});

const focalmix = section({
  /** K. */
  views: whole(1, 48).default(4),
  temperature: positive(100).default(0.5),
  unlabeledWeight: number(0).default(10),
  /** Share of the steps that are supervised only, so that the teacher knows something. */
  supervisedUntil: fraction.default(0.3),
  /** Share of the steps over which the unlabeled weight then rises. */
  rampOver: fraction.default(0.2),
  mixUpAlpha: number(0, 1000).default(0.2),
  teacher: oneOf("ema", "live").default("ema"),
});

const detection = section({
  patch: whole(8, 512).default(64),
  overlap: number(0, 0.75).default(0.25),
  scoreThreshold: fraction.default(0.02),
  nmsIou: fraction.default(0.1),
  maxPerScan: whole(1).default(40),
});

/** The settings of a run, their ranges and their defaults. */
export const configSchema = section(
  {
    task: oneOf("detection").default("detection"),
    method: oneOf("supervised", "focalmix"),
    seed: whole(0, maxSeed).default(0),
    data,
    preprocessing: preprocessing.prefault({}),
    network: network.prefault({}),
    matching: matching.prefault({}),
    training: training.prefault({}),
    loss: loss.prefault({}),
    focalmix: focalmix.prefault({}),
    detection: detection.prefault({}),
  },
  "settings, at least method and data",
);

/** The names of the settings at a place of the schema. */
export function settingsAt(place: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const key of place) {
    const inner = unwrapped(schema);
    schema = inner instanceof z.ZodArray ? inner.element : inner instanceof z.ZodObject ? inner.shape[key as string] : undefined;
  }
  const found = unwrapped(schema);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** What a default is for. */
const unwrapped = (schema: unknown): unknown =>
  schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap())
    : schema;
