import { z } from "zod";
import { flag, fraction, maxSeed, number, oneOf, path, positive, section, whole } from "../setting-types.js";

/** The ways of learning, by the names that tables and options use. */
export const methodNames = ["full", "supervised", "pl", "flex-pl", "uda", "flex-uda", "fixmatch", "flexmatch"] as const;
export type MethodName = (typeof methodNames)[number];

/** The methods that look at unlabeled images. */
export const usesUnlabeled = (method: MethodName): boolean => method !== "full" && method !== "supervised";

const countOrPart = (low: number) =>
  z.union([whole(low), z.string().min(1)], { error: `how many images, of at least ${low}, or the name of a part` });

const data = section({
  path: path.describe(
    "The set: a folder of CIFAR-10, CIFAR-100, SVHN, STL-10 or MNIST as they are published, a folder per class, a MedMNIST .npz, or digits.csv.gz.",
  ),
  part: z
    .string({ error: "the name of a part, such as train" })
    .min(1, { error: "the name of a part, such as train" })
    .optional()
    .describe(
      "The part that is learned from; several joined by +, such as train+extra (SVHN) or train+unlabeled (STL-10). By default train, or all of a set without parts.",
    ),
  format: oneOf("mnist", "cifar-10", "cifar-100", "svhn", "stl-10", "medmnist", "digits", "image-folder")
    .optional()
    .describe("What the set is, where that cannot be told from its files."),
  size: z
    .union([whole(8, 512), z.tuple([whole(8, 512), whole(8, 512)])], { error: "a whole number from 8 to 512, or two for height and width" })
    .optional()
    .describe("Folder per class: height and width that PNG and JPEG files are brought to."),
  channels: z
    .union([z.literal(1), z.literal(3)], { error: "1 or 3" })
    .optional()
    .describe("Folder per class: 1 for gray, 3 (as by default) for color."),
  classNames: z
    .array(z.string({ error: "the name of a class" }).min(1), { error: "the names of the classes" })
    .min(1)
    .max(10_000)
    .optional()
    .describe("Names of the classes in the order of their labels, where the set has none or another order is wanted."),
  labeled: whole(0)
    .optional()
    .describe("How many images keep their labels, as many of each class; needed by every method but full, which uses all."),
  validation: countOrPart(0)
    .default(0)
    .describe("Labeled images to choose the best weights by: a part of the set, or how many to hold out of the part that is learned from."),
  test: countOrPart(1)
    .default("test")
    .describe("What judges: a part of the set, or how many images to draw from the part that is learned from."),
  splitSeed: whole(0, maxSeed).optional().describe("Seed of the drawing of labels; the run's seed if it is not given."),
  sampling: oneOf("passes", "replacement")
    .default("passes")
    .describe("Batches from shuffled passes, or each image drawn anew, as the papers' programs do."),
});

const normalization = z.array(number(0, 1), { error: "a number from 0 to 1 for each channel" }).min(1).max(3);
const preprocessing = section({
  mean: normalization.optional().describe("Subtracted from pixels in 0..1, one number a channel; that of the set if it is not given."),
  deviation: z
    .array(positive(1), { error: "a number above 0 for each channel" })
    .min(1)
    .max(3)
    .optional()
    .describe("What they are then divided by; that of the set if it is not given."),
});

/** RandAugment's operations by name. */
const operation = oneOf(
  "AutoContrast",
  "Brightness",
  "Color",
  "Contrast",
  "Equalize",
  "Identity",
  "Posterize",
  "Rotate",
  "Sharpness",
  "ShearX",
  "ShearY",
  "Solarize",
  "TranslateX",
  "TranslateY",
);
const augmentation = section({
  flip: flag.default(true).describe("Whether views are mirrored at random; not for digits and letters."),
  pad: whole(0, 64)
    .optional()
    .describe("Largest shift in pixels, reflected at the border; an eighth of the shorter side if it is not given."),
  strong: oneOf("randaugment", "ctaugment").default("randaugment").describe("How strong views are made."),
  operations: z
    .array(operation, { error: "a list of operations" })
    .min(1, { error: "at least one operation" })
    .optional()
    .describe("RandAugment's operations; all 14 if it is not given."),
  count: whole(0, 16).default(3).describe("Operations in a strong view of RandAugment."),
  cutout: fraction.default(0.5).describe("Largest side of the square that is painted over, in parts of the width."),
  order: oneOf("strong-first", "weak-first")
    .default("strong-first")
    .describe("Whether the strong operations come before flip and shift, as in FlexMatch's program, or after, as in its successor."),
  threads: whole(0, 64)
    .optional()
    .describe("Threads that make views; 0: none beside the training. By default what the machine has, up to 4."),
});

const network = section({
  kind: oneOf("small-cnn", "wide-resnet").default("small-cnn").describe("A small network for 8 × 8 to 32 × 32 pixels, or a Wide ResNet."),
  depth: whole(10, 100).default(28).describe("Of the Wide ResNet: 6n + 4."),
  widen: whole(1, 32).default(2).describe("Of the Wide ResNet: times wider than 16, 32, 64."),
  groups: whole(1, 6).default(3).describe("Of the Wide ResNet: 3, or 4 for STL-10."),
  firstStride: whole(1, 4).default(1).describe("Of the Wide ResNet: stride of the first group, 2 for STL-10."),
  variant: oneOf("torchssl", "usb", "clean")
    .default("torchssl")
    .describe("Whose Wide ResNet: FlexMatch's own program, its successor, or that one without its unused normalizations."),
  normMomentum: number(0, 0.99999)
    .optional()
    .describe("Share of the running statistics that a step keeps; 1 − 20 / steps if it is not given, at most 0.999."),
});

const training = section({
  steps: whole(1)
    .default(2 ** 20)
    .describe("K, updates of the weights."),
  labeledBatch: whole(1, 4096).default(64).describe("B, labeled images a step."),
  unlabeledRatio: whole(1, 64).optional().describe("μ, unlabeled images for each labeled one; 7 if it is not given, 1 for pl and flex-pl."),
  learningRate: positive(100).default(0.03).describe("Rate of SGD at the start; it falls by cos(7πk/16K)."),
  momentum: number(0, 0.9999).default(0.9).describe("Nesterov's momentum; 0 for none."),
  weightDecay: number(0).default(5e-4).describe("L2 term of the kernels; biases and normalizations are spared."),
  emaDecay: number(0, 0.99999)
    .optional()
    .describe("Decay of the average of the weights, which is what is evaluated; 1 − 20 / steps if it is not given, at most 0.999."),
  checkpointEvery: whole(1).optional().describe("Steps between checkpoints; a tenth of the run if it is not given, at most 5000."),
  workers: whole(1, 64)
    .optional()
    .describe(
      "Where the engine is WebAssembly, which uses one core: workers that share each step, the training itself among them, each with an engine of its own; 1: the training alone. Normalizations, thresholds and losses are those of the whole batch, so a step differs from that of one engine by rounding alone, and a run is the same to the bit for the same number. By default one a processor, up to 4 and to labeledBatch.",
    ),
});

const semi = section({
  threshold: fraction.optional().describe("τ, what counts as confident; 0.95 if it is not given, 0.8 for uda and flex-uda."),
  unlabeledWeight: number(0).default(1).describe("λ_u, weight of the loss of unlabeled images."),
  temperature: positive(100).optional().describe("T of soft targets; 0.4 for uda and flex-uda, 0.5 for the others if it is not given."),
  hardLabels: flag.default(true).describe("FixMatch and FlexMatch: the likeliest class as target; off: the sharpened distribution."),
  warmUp: flag.default(true).describe("Flex methods: whether images that count for no class yet hold the thresholds down."),
  mapping: oneOf("linear", "convex", "concave")
    .default("convex")
    .describe("Flex methods: M, from how well a class is learnt to its threshold."),
  tsa: oneOf("none", "linear", "log", "exp").default("none").describe("UDA: training signal annealing of the labeled loss."),
  divergence: oneOf("cross-entropy", "kl").default("cross-entropy").describe("UDA: the consistency loss."),
  rampFraction: fraction.default(0.4).describe("PL: share of the steps over which the unlabeled loss is phased in."),
  distributionAlignment: flag
    .default(false)
    .describe("Whether predictions are moved toward the labeled images' class frequencies before they become targets."),
});

const evaluation = section({
  protocol: oneOf("validation", "paper")
    .default("validation")
    .describe(
      "validation: errors along the way are of the validation images, the test images judge once. paper: the test images are looked at along the way and the best error is reported too, as the papers do.",
    ),
  every: whole(1).optional().describe("Steps between evaluations; an eightieth of the run if it is not given."),
  everyLate: whole(1).optional().describe("The same over the last fifth of the steps; as before if it is not given."),
});

/** The settings of a classification run: ranges, defaults, and descriptions, of which the site makes its tables. */
export const classificationSchema = section(
  {
    task: z.literal("classification", { error: "classification" }).describe("What is learned."),
    method: oneOf(...methodNames).describe("full uses all labels, supervised the labeled images alone, the others the unlabeled ones too."),
    seed: whole(0, maxSeed).default(0).describe("Of the labels, the weights, the batches and everything else that is drawn."),
    data,
    preprocessing: preprocessing.prefault({}),
    augmentation: augmentation.prefault({}),
    network: network.prefault({}),
    training: training.prefault({}),
    semi: semi.prefault({}),
    evaluation: evaluation.prefault({}),
  },
  "settings, at least task, method and data",
);

/** What a short run would never reach: it has to forget its first weights and statistics. 0.999 from 20,000 steps on, as in the papers. */
const keptOver = (steps: number): number => Math.max(0, Math.min(0.999, 1 - 20 / steps));

/** The configuration with the defaults that hang on other settings. */
export function withDependentDefaults(given: z.output<typeof classificationSchema>) {
  const { method, seed, training: train, semi: rest, network: net, evaluation: judge } = given;
  const isUda = method === "uda" || method === "flex-uda";
  const isPl = method === "pl" || method === "flex-pl";
  const { steps } = train;
  const every = judge.every ?? Math.max(1, Math.round(steps / 80));
  return {
    ...given,
    data: { ...given.data, splitSeed: given.data.splitSeed ?? seed },
    network: { ...net, normMomentum: net.normMomentum ?? keptOver(steps) },
    training: {
      ...train,
      unlabeledRatio: train.unlabeledRatio ?? (isPl ? 1 : 7),
      emaDecay: train.emaDecay ?? keptOver(steps),
      checkpointEvery: train.checkpointEvery ?? Math.min(5000, Math.max(1, Math.round(steps / 10))),
    },
    semi: { ...rest, threshold: rest.threshold ?? (isUda ? 0.8 : 0.95), temperature: rest.temperature ?? (isUda ? 0.4 : 0.5) },
    evaluation: { ...judge, every, everyLate: judge.everyLate ?? every },
  };
}

/** A configuration of a classification run with every default filled in. */
export type ClassificationConfig = ReturnType<typeof withDependentDefaults>;
