import { cubeSizes, type Triple } from "./anchors.js";

export interface PyramidConfig {
  /** Channels of the input volume. */
  inputChannels: number;
  /**
   * What the stages are made of: "basic" blocks of two 3×3×3 convolutions, or "bottleneck" blocks, whose convolution over space has a quarter
   * of the channels between two 1×1×1 ones (He et al., "Deep residual learning", CVPR 2016).
   */
  block: "basic" | "bottleneck";
  /** Channels of each stage; stage i (from 1) works at stride 2^i with basic blocks, at 2^(i + 1) with bottlenecks, which have a stem before. */
  channels: readonly number[];
  /** Levels that predict: the stride (one of the stages') and the anchor sizes in voxels, as many at each level. */
  levels: readonly { stride: number; sizes: readonly Triple[] }[];
  /** Channels of the top-down path and of the heads. */
  pyramidChannels: number;
  /** Groups of every group normalization; divides all channel numbers, those inside bottlenecks too. */
  groups: number;
  /** Residual blocks of each stage: one number for all, or one a stage. */
  blocksPerStage: number | readonly number[];
  /** 3×3×3 convolutions of a head, shared by all levels. */
  headDepth: number;
  /** Whether logits and deltas come from "shared" convolutions, or from "separate" ones as in RetinaNet. */
  towers: "shared" | "separate";
  /** Initial probability of a lesion at every anchor. */
  prior: number;
  /** Kinds of lesions, each with its own logit. */
  classes: number;
  /** Of the initial weights: a whole number from 0 on. */
  seed: number;
}

/**
 * A network of 242 k parameters for isotropic voxels of 1.5 mm: strides 2, 4 and 8, one level at stride 4 with cube anchors of 5, 8 and 13 mm.
 * Small enough to train on two CPU cores.
 */
export const slimPreset: PyramidConfig = {
  inputChannels: 1,
  block: "basic",
  channels: [16, 32, 48],
  levels: [{ stride: 4, sizes: cubeSizes([5 / 1.5, 8 / 1.5, 13 / 1.5]) }],
  pyramidChannels: 32,
  groups: 4,
  blocksPerStage: 1,
  headDepth: 1,
  towers: "shared",
  prior: 0.01,
  classes: 1,
  seed: 0,
};

/**
 * RetinaNet on a ResNet-50, in 3D: 54.7 M parameters, for isotropic voxels of 1.5 mm and a GPU. Bottlenecks [3, 4, 6, 3] up to stride 32, three
 * levels at strides 4, 8 and 16 with cube anchors of 5, 6.3 and 8 mm and their doubles, 256 channels, and two towers of four convolutions.
 *
 * Blocks, widths, pyramid and heads are those of He et al. (CVPR 2016) and Lin et al. (ICCV 2017). Kernels of strided layers, the absence of
 * max-pooling, group normalization everywhere and the anchors are our choices; the package's README has their reasons.
 */
export const resnet50Preset: PyramidConfig = {
  ...slimPreset,
  block: "bottleneck",
  channels: [256, 512, 1024, 2048],
  levels: [4, 8, 16].map((stride) => ({ stride, sizes: cubeSizes([5, 6.3, 8].map((mm) => (mm * stride) / 4 / 1.5)) })),
  pyramidChannels: 256,
  groups: 32,
  blocksPerStage: [3, 4, 6, 3],
  headDepth: 4,
  towers: "separate",
};

/** The strides of the stages. */
export const stageStrides = ({ block, channels }: Pick<PyramidConfig, "block" | "channels">): number[] =>
  channels.map((_, i) => 2 ** (i + (block === "bottleneck" ? 2 : 1)));

/** The number of blocks of each stage. */
export const blockCounts = ({ blocksPerStage, channels }: Pick<PyramidConfig, "blocksPerStage" | "channels">): readonly number[] =>
  typeof blocksPerStage === "number" ? channels.map(() => blocksPerStage) : blocksPerStage;

const positiveInteger = (value: number): boolean => Number.isInteger(value) && value > 0;

export function checkPyramidConfig(config: PyramidConfig): void {
  const { block, channels, levels, groups, prior, seed, pyramidChannels, towers } = config;
  for (const name of ["inputChannels", "pyramidChannels", "groups", "headDepth", "classes"] as const) {
    if (!positiveInteger(config[name])) throw new RangeError(`${name} ${config[name]}, expected a positive integer`);
  }
  if (block !== "basic" && block !== "bottleneck") throw new RangeError(`block ${block}, expected "basic" or "bottleneck"`);
  if (towers !== "shared" && towers !== "separate") throw new RangeError(`towers ${towers}, expected "shared" or "separate"`);
  for (const c of [...channels, pyramidChannels]) {
    if (!positiveInteger(c) || c % groups !== 0) throw new RangeError(`channels ${c}, expected a positive multiple of groups (${groups})`);
  }
  for (const c of block === "bottleneck" ? channels : []) {
    if (c % (4 * groups) !== 0)
      throw new RangeError(`channels ${c} of bottlenecks, expected a positive multiple of 4 times groups (${4 * groups})`);
  }
  const blocks = blockCounts(config);
  if (blocks.length !== channels.length)
    throw new RangeError(`blocksPerStage has ${blocks.length} numbers, expected ${channels.length}, one a stage`);
  for (const count of blocks) if (!positiveInteger(count)) throw new RangeError(`blocksPerStage ${count}, expected a positive integer`);
  const strides = stageStrides(config);
  if (levels.length === 0) throw new RangeError("levels is empty, expected at least one");
  for (const { stride, sizes } of levels) {
    if (!strides.includes(stride))
      throw new RangeError(`stride ${stride} of a level, expected one of the backbone's: ${strides.join(", ")}`);
    if (sizes.length !== levels[0]!.sizes.length)
      throw new RangeError("levels have different numbers of sizes, expected the same, since they share their heads");
  }
  if (!(prior > 0 && prior < 1)) throw new RangeError(`prior ${prior}, expected a number between 0 and 1`);
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new RangeError(`seed ${seed}, expected a whole number from 0 on`);
}
