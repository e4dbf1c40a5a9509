import { z } from "zod";
import { matchingSection } from "./matching-settings.js";
import { networkSection } from "./network-settings.js";
import { flag, fraction, maxSeed, number, oneOf, path, positive, section, settingsIn, whole } from "./setting-types.js";

const spacing = number(0.1, 20);
/** How many scans, drawn by the split's seed, or which ones: ids or subsets of the data set, or paths of volumes relative to the configuration. */
const choice = z.union(
  [whole(0), z.array(z.string({ error: "the id or path of a scan, as text" }).min(1, { error: "the id or path of a scan, as text" }))],
  { error: "how many scans, or a list of ids and paths (in quotes where they look like numbers)" },
);

const data = section({
  root: path
    .optional()
    .describe(
      "Folder in LUNA16's layout (subset*/uid.mhd, annotations.csv, annotations_excluded.csv, seriesuids.csv), folder of volumes with a CSV of findings, or tree of DICOM series. Scans of one patient go to one part: PatientID tells, or a table patients.csv with the columns seriesuid and patient.",
    ),
  annotations: path.optional().describe("Annotations in LUNA16's columns, if they are not root/annotations.csv."),
  excluded: path.optional().describe("Irrelevant findings, if they are not root/annotations_excluded.csv."),
  labeled: choice.describe(
    "Scans whose annotations train: how many, drawn by the split's seed, or which ones (ids of the data set, subset0 to subset9 for all of LUNA16's fold, or paths of volumes).",
  ),
  unlabeled: choice.default(0).describe("Scans that FocalMix trains on without their annotations; as above."),
  validation: choice
    .default(0)
    .describe("Scans held out from training and from the test, to choose settings by (gleaner evaluate --part validation); as above."),
  test: choice
    .default(0)
    .describe("Scans held out for gleaner evaluate; as above. They are drawn first, so more or fewer labels leave them as they are."),
  splitSeed: whole(0).default(0).describe("Seed of the drawing."),
});

const preprocessing = section({
  spacingMm: z
    .union([spacing, z.tuple([spacing, spacing, spacing], { error: "three numbers" })], {
      error: "a number from 0.1 to 20, or three of them for z, y and x",
    })
    .default(1.5)
    .describe("Voxel spacing of the network, one number or [z, y, x]."),
  windowHu: z
    .tuple([number(-32768, 32767), number(-32768, 32767)], { error: "two numbers, the lower and the upper end" })
    .default([-1000, 400])
    .describe("Hounsfield units that become 0..1, what lies outside is clipped; then stretched to −1..1 for the network."),
  lungMask: flag.default(true).describe("Keep the box around the lungs, and detect only inside their dilated mask."),
  marginMm: number(0, 1000).default(10).describe("Margin around the lungs."),
});

const training = section({
  steps: whole(1).default(2000).describe("Updates of the weights."),
  labeledBatch: whole(1, 4096).default(8).describe("Labeled patches a step."),
  unlabeledBatch: whole(0, 4096).default(8).describe("Unlabeled patches a step; at least 1 for FocalMix."),
  patch: whole(8, 512).default(32).describe("Edge of the cube patches in voxels; a multiple of the network's largest stride."),
  foreground: fraction.default(0.6).describe("Share of the labeled patches that hold a nodule."),
  hardExamples: fraction
    .default(0)
    .describe(
      "Share of the labeled patches that come from the quarter of the labeled scans on which the loss was highest so far; the others visit every scan equally often. 0: none. Ours, not FocalMix's.",
    ),
  symmetries: oneOf("cube", "flips", "none")
    .default("cube")
    .describe(
      "Augmentation of the patches, and the views of the teacher: the 48 symmetries of the cube, the 8 flips (for spacings that differ between axes), or none.",
    ),
  learningRate: positive(100).default(2e-3).describe("Highest learning rate of AdamW."),
  weightDecay: number(0).default(1e-4).describe("Decoupled weight decay of the kernels."),
  warmUp: fraction
    .default(0.02)
    .describe("Share of the steps over which the learning rate rises; after it the rate falls by a cosine to 0."),
  clipNorm: positive(1e9).default(5).describe("Gradients are scaled down to this global norm."),
  emaDecay: number(0, 0.99999).default(0.99).describe("Decay of the moving average of the weights, which is what is evaluated."),
  checkpointEvery: whole(1).default(500).describe("Steps between checkpoints."),
  intensity: number(0, 1)
    .default(0)
    .describe(
      "Strength of random changes of contrast, brightness and gamma of every patch that the student sees, labeled or not, of every method; the teacher sees the patches as they are. 0: none.",
    ),
  threads: whole(0, 64)
    .optional()
    .describe("Threads that cut patches; 0: none beside the training. By default what the machine has, up to 4."),
  workers: whole(1, 64)
    .optional()
    .describe(
      "Where the engine is WebAssembly, which uses one core: workers that share each step, the training itself among them, each with an engine of its own; 1: the training alone. A run is the same to the bit for the same number. By default one a processor, up to 4 and to the patches of a step.",
    ),
});

const loss = section({
  alpha: z
    .tuple([fraction, fraction], { error: "two numbers from 0 to 1, for background and nodules" })
    .default([0.25, 0.75])
    .describe("Weights [α0, α1] of background and object."),
  gamma: number(0, 100).default(2).describe("Exponent γ of |y − p|."),
  softAlpha: flag.default(true).describe("Off: α of the nearer hard target, as in the paper's ablation."),
  softBeta: flag.default(true).describe("Off: the factor |y − p|^γ of the nearer hard target, as in the paper's ablation."),
  boxWeight: number(0).default(0.5).describe("Weight of the box regression."),
  box: oneOf("smooth-l1", "giou")
    .default("smooth-l1")
    .describe("Loss of the boxes: smooth L1 of their offsets from the anchors, or 1 − GIoU of the boxes, which is at most 2 a box."),
  boxBeta: positive(1e9)
    .default(1 / 9)
    .describe("β of the smooth L1 loss."),
});

const focalmix = section({
  views: whole(1, 48).default(4).describe("K, the views of each unlabeled patch over which the teacher is averaged."),
  temperature: positive(100).default(0.5).describe("T of the sharpening; 1 leaves the mean as it is."),
  unlabeledWeight: number(0).default(10).describe("Weight of the loss of the unlabeled patches."),
  supervisedUntil: fraction.default(0.3).describe("Share of the steps that are supervised only, so that the teacher knows something."),
  rampOver: fraction.default(0.2).describe("Share of the steps over which the unlabeled weight then rises."),
  mixUp: oneOf("none", "image", "image+object")
    .default("image")
    .describe("Whether patches are mixed with their targets, and then each object with another one rescaled to its size."),
  mixUpOf: oneOf("all", "unlabeled")
    .default("all")
    .describe("Which patches are mixed, and with which: labeled and unlabeled ones together, or the unlabeled ones among themselves."),
  mixUpAlpha: number(0, 1000).default(0.75).describe("η of λ ~ Beta(η, η), for patches and for objects; 0 switches MixUp off."),
  boxes: flag.default(false).describe("Whether the boxes of the teacher's objects are learned too. Ours, not FocalMix's."),
  teacher: oneOf("ema", "live")
    .default("ema")
    .describe("Who makes the targets: the moving average of the weights, or the weights themselves."),
});

const meanTeacher = section({
  unlabeledWeight: number(0).default(1).describe("Weight of the loss of the unlabeled patches."),
  supervisedUntil: fraction.default(0.3).describe("Share of the steps that are supervised only."),
  rampOver: fraction.default(0.2).describe("Share of the steps over which the unlabeled weight then rises."),
});

const objects = section({
  threshold: fraction.default(0.5).describe("τ, the probability from which on a prediction counts as an object."),
  thresholds: oneOf("fixed", "flexible")
    .default("fixed")
    .describe(
      "flexible: a threshold for each band of diameters, lower where few objects are found so far, as FlexMatch has it for classes. Ours: neither paper tried it.",
    ),
  floor: fraction.default(0.3).describe("What no flexible threshold falls below: in a patch nearly everything is background."),
  bandsMm: z
    .array(positive(1000), { error: "a rising list of diameters in mm" })
    .max(15, { error: "a rising list of at most 15 diameters in mm" })
    .default([6, 10])
    .describe("Where one band of diameters ends and the next begins."),
});

const detection = section({
  patch: whole(8, 512).default(64).describe("Edge of the tiles in voxels; a multiple of the network's largest stride."),
  overlap: number(0, 0.75).default(0.25).describe("Share of a tile that its neighbor covers too."),
  scoreThreshold: fraction.default(0.02).describe("Marks below this probability are dropped."),
  topK: whole(1, 1_000_000).default(200).describe("Boxes that are taken from each level of a tile, the best ones, before they are merged."),
  merge: oneOf("nms", "weighted")
    .default("nms")
    .describe(
      "Of boxes that overlap, nms keeps the best; weighted takes their weighted mean, and lowers its score where a tile that covers the place has no box there.",
    ),
  nmsIou: fraction.default(0.1).describe("Boxes with a higher IoU count as overlapping."),
  views: whole(1, 48)
    .default(1)
    .describe(
      "Symmetries under which each tile is predicted and averaged: 1 as it is, up to 8 flips, up to 48 also exchanges of the axes. Each costs as much as the first.",
    ),
  maxPerScan: whole(1).default(40).describe("Marks kept in a scan, the best ones."),
});

/** The settings of a run: ranges, defaults, and descriptions, of which the site makes its tables. */
export const configSchema = section(
  {
    task: oneOf("detection").default("detection").describe("What is learned; detection is what there is."),
    method: oneOf("supervised", "focalmix", "mean-teacher").describe(
      "supervised uses the labeled scans alone, focalmix the unlabeled ones too; mean-teacher is its rival with hard pseudo-labels.",
    ),
    seed: whole(0, maxSeed).default(0).describe("Of the weights, the patches and everything else that training draws."),
    data,
    preprocessing: preprocessing.prefault({}),
    network: networkSection,
    matching: matchingSection.prefault({}),
    training: training.prefault({}),
    loss: loss.prefault({}),
    focalmix: focalmix.prefault({}),
    meanTeacher: meanTeacher.prefault({}),
    objects: objects.prefault({}),
    detection: detection.prefault({}),
  },
  "settings, at least method and data",
);

/** The names of the settings at a place of the schema. */
export const settingsAt = (place: readonly PropertyKey[]): string[] => settingsIn(configSchema, place);
