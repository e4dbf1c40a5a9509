import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type AnchorSet, cubeSizes, generateAnchors, type Triple } from "./anchors.js";
import { Conv3dLayer } from "./conv3d-layer.js";
import { FlattenAnchorsLayer } from "./flatten-anchors-layer.js";
import { GroupNormLayer } from "./group-norm-layer.js";
import { UpsampleNearest3dLayer } from "./upsample-nearest-3d-layer.js";

export interface PyramidConfig {
  /** Channels of the input volume. */
  inputChannels: number;
  /** Channels of each stage of the backbone; stage i works at stride 2^(i + 1). */
  channels: readonly number[];
  /** Levels that predict: the stride (2, 4, 8 …, one of the backbone's) and the anchor sizes in voxels, as many at each level. */
  levels: readonly { stride: number; sizes: readonly Triple[] }[];
  /** Channels of the top-down path and of the heads. */
  pyramidChannels: number;
  /** Groups of every group normalization; divides all channel numbers. */
  groups: number;
  /** Residual blocks of each stage. */
  blocksPerStage: number;
  /** 3×3×3 convolutions of the head, shared by all levels and by both outputs. */
  headDepth: number;
  /** Initial probability of a lesion at every anchor. */
  prior: number;
  /** Kinds of lesions, each with its own logit. */
  classes: number;
  /** Of the initial weights: a whole number from 0 on. */
  seed: number;
}

export interface PyramidDetector {
  model: tfl.LayersModel;
  config: PyramidConfig;
  /** Logits [batch, anchors, classes] and deltas [batch, anchors, 6] of volumes [batch, z, y, x, channels]; differentiable. */
  predict(x: tf.Tensor5D): { logits: tf.Tensor3D; deltas: tf.Tensor3D };
  /** The anchors of a patch of this shape, in the order of the predictions. */
  anchors(shape: Triple): AnchorSet;
  /** Voxels that every extent of an input must be a multiple of. */
  multiple: number;
  /** Frees the weights. (`model.dispose()` would leave those of the heads where several levels share them.) */
  dispose(): void;
}

/**
 * A network of 242 k parameters for isotropic voxels of 1.5 mm: strides 2, 4 and 8, one level at stride 4 with cube anchors of 5, 8 and 13 mm.
 * Small enough to train on two CPU cores.
 */
export const slimPreset: PyramidConfig = {
  inputChannels: 1,
  channels: [16, 32, 48],
  levels: [{ stride: 4, sizes: cubeSizes([5 / 1.5, 8 / 1.5, 13 / 1.5]) }],
  pyramidChannels: 32,
  groups: 4,
  blocksPerStage: 1,
  headDepth: 1,
  prior: 0.01,
  classes: 1,
  seed: 0,
};

const positiveInteger = (value: number): boolean => Number.isInteger(value) && value > 0;

function checkConfig(config: PyramidConfig): void {
  const { channels, levels, groups, prior, seed, pyramidChannels } = config;
  for (const name of ["inputChannels", "pyramidChannels", "groups", "blocksPerStage", "headDepth", "classes"] as const) {
    if (!positiveInteger(config[name])) throw new RangeError(`${name} ${config[name]}, expected a positive integer`);
  }
  for (const c of [...channels, pyramidChannels]) {
    if (!positiveInteger(c) || c % groups !== 0) throw new RangeError(`channels ${c}, expected a positive multiple of groups (${groups})`);
  }
  const strides = channels.map((_, i) => 2 ** (i + 1));
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

/** Makers of the network's layers, each with its own seed; layers are named, so that weights keep their names. */
function layerMakers({ groups, seed }: PyramidConfig) {
  let layers = 0;
  const he = (fanIn: number): number => Math.sqrt(2 / fanIn);
  const conv = (name: string, filters: number, kernelSize: number, stride: 1 | 2 = 1): Conv3dLayer =>
    // Seed 0 would mean "none" to TensorFlow.js.
    new Conv3dLayer({ name, filters, kernelSize, stride, deviation: he, seed: seed * 1000 + ++layers });
  const linear = (name: string, filters: number, bias: number, deviation: (fanIn: number) => number): Conv3dLayer =>
    new Conv3dLayer({ name, filters, kernelSize: 1, deviation, bias, seed: seed * 1000 + ++layers });
  const norm = (name: string, activation: "linear" | "relu"): GroupNormLayer => new GroupNormLayer({ name, groups, activation });
  return { conv, linear, norm };
}

/** Applies layers one after the other. */
const chain = (x: tfl.SymbolicTensor, ...layers: tfl.layers.Layer[]): tfl.SymbolicTensor =>
  layers.reduce((t, layer) => layer.apply(t) as tfl.SymbolicTensor, x);

function buildModel(config: PyramidConfig): tfl.LayersModel {
  const { channels, levels, pyramidChannels, prior, classes } = config;
  const { conv, linear, norm } = layerMakers(config);
  const residual = (x: tfl.SymbolicTensor, name: string, filters: number): tfl.SymbolicTensor => {
    const y = chain(
      x,
      conv(`${name}_conv1`, filters, 3),
      norm(`${name}_norm1`, "relu"),
      conv(`${name}_conv2`, filters, 3),
      norm(`${name}_norm2`, "linear"),
    );
    const sum = tfl.layers.add({ name: `${name}_add` }).apply([x, y]) as tfl.SymbolicTensor;
    return chain(sum, tfl.layers.activation({ name: `${name}_relu`, activation: "relu" }));
  };

  // Bottom-up. Kernels of strided layers are even, so that an output voxel is centered on the voxels that it summarizes.
  const input = tfl.input({ name: "volume", shape: [null, null, null, config.inputChannels] });
  let x = input;
  const stages = channels.map((filters, i) => {
    const name = `stage${i + 1}`;
    x = chain(x, conv(`${name}_down`, filters, i === 0 ? 4 : 2, 2), norm(`${name}_norm`, "relu"));
    for (let block = 1; block <= config.blocksPerStage; block++) x = residual(x, `${name}_block${block}`, filters);
    return x;
  });

  // Top-down, as far as the finest level.
  const finest = Math.min(...levels.map(({ stride }) => stride));
  const pyramid = new Map<number, tfl.SymbolicTensor>();
  let top: tfl.SymbolicTensor | undefined;
  for (let i = stages.length - 1; 2 ** (i + 1) >= finest; i--) {
    const lateral = chain(
      stages[i]!,
      linear(`lateral${i + 1}`, pyramidChannels, 0, (fanIn) => Math.sqrt(1 / fanIn)),
    );
    if (top) {
      const up = chain(top, new UpsampleNearest3dLayer({ name: `up${i + 1}` }));
      top = tfl.layers.add({ name: `merge${i + 1}` }).apply([lateral, up]) as tfl.SymbolicTensor;
    } else top = lateral;
    pyramid.set(2 ** (i + 1), top);
  }

  // Heads, shared by the levels.
  const tower = Array.from({ length: config.headDepth }, (_, i) => [
    conv(`head_conv${i + 1}`, pyramidChannels, 3),
    norm(`head_norm${i + 1}`, "relu"),
  ]).flat();
  const sizes = levels[0]!.sizes.length;
  const small = (): number => 0.01;
  const logitHead = linear("logits", sizes * classes, Math.log(prior / (1 - prior)), small);
  const deltaHead = linear("deltas", sizes * 6, 0, small);
  const outputs = levels.map(({ stride }) => {
    const features = chain(pyramid.get(stride)!, ...tower);
    return {
      logits: chain(features, logitHead, new FlattenAnchorsLayer({ name: `logits_${stride}`, values: classes })),
      deltas: chain(features, deltaHead, new FlattenAnchorsLayer({ name: `deltas_${stride}`, values: 6 })),
    };
  });
  const joined = (name: "logits" | "deltas"): tfl.SymbolicTensor =>
    outputs.length === 1
      ? outputs[0]![name]
      : (tfl.layers.concatenate({ name: `all_${name}`, axis: 1 }).apply(outputs.map((output) => output[name])) as tfl.SymbolicTensor);
  return tfl.model({ inputs: input, outputs: [joined("logits"), joined("deltas")] });
}

/**
 * A 3D anchor detector: a residual backbone with group normalization, a top-down path, and heads shared by the levels.
 *
 * After Lin et al., "Feature pyramid networks" (CVPR 2017) and "Focal loss for dense object detection" (ICCV 2017), in 3D and slim.
 * It is fully convolutional, for any input whose extents are multiples of 2^stages. Weights are drawn from the seed, the same on every
 * backend; their `originalName`s are unique and stable. Free them with `dispose()`.
 *
 * @param config what differs from {@link slimPreset}
 * @throws RangeError if a setting is out of its range; `predict` throws one for a shape that does not fit
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import * as tf from "@tensorflow/tfjs-core";
 * import { createPyramidDetector } from "@gleaner/detector";
 * await tf.ready();
 * const detector = createPyramidDetector({ seed: 7 });
 * detector.model.countParams(); // => 242549
 * const { logits, deltas } = detector.predict(tf.zeros([1, 8, 8, 16, 1]));
 * logits.shape; // => [1, 48, 1]
 * deltas.shape; // => [1, 48, 6]
 * detector.anchors([8, 8, 16]).count; // => 48
 * ```
 */
export function createPyramidDetector(config: Partial<PyramidConfig> = {}): PyramidDetector {
  const full: PyramidConfig = { ...slimPreset, ...config };
  checkConfig(full);
  const multiple = 2 ** full.channels.length;
  const anchors = (shape: Triple): AnchorSet => generateAnchors({ shape, levels: full.levels });
  const model = buildModel(full);
  const predict = (x: tf.Tensor5D): { logits: tf.Tensor3D; deltas: tf.Tensor3D } => {
    if (
      x.rank !== 5 ||
      x.shape[4] !== full.inputChannels ||
      !x.shape.slice(1, 4).every((extent) => extent > 0 && extent % multiple === 0)
    ) {
      throw new RangeError(
        `input of shape [${x.shape.join(", ")}], expected [batch, z, y, x, ${full.inputChannels}] with multiples of ${multiple}`,
      );
    }
    // Training mode only keeps what a gradient needs; nothing in the network behaves differently.
    const [logits, deltas] = tf.tidy(() => model.apply(x, { training: true }) as tf.Tensor3D[]);
    return { logits: logits!, deltas: deltas! };
  };
  const dispose = (): void => {
    for (const weight of model.weights) weight.dispose();
  };
  return { model, config: full, predict, anchors, multiple, dispose };
}
