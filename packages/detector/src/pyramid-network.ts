import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type AnchorSet, generateAnchors, type Triple } from "./anchors.js";
import { backboneStages, chain, layerMakers } from "./backbone.js";
import { FlattenAnchorsLayer } from "./flatten-anchors-layer.js";
import { checkPyramidConfig, type PyramidConfig, slimPreset, stageStrides } from "./pyramid-config.js";
import { UpsampleNearest3dLayer } from "./upsample-nearest-3d-layer.js";

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

function buildModel(config: PyramidConfig): tfl.LayersModel {
  const { levels, pyramidChannels, prior, classes } = config;
  const makers = layerMakers(config);
  const { conv, linear, norm } = makers;
  const input = tfl.input({ name: "volume", shape: [null, null, null, config.inputChannels] });
  const stages = backboneStages(config, makers, input);
  const strides = stageStrides(config);

  // Top-down, as far as the finest level.
  const finest = Math.min(...levels.map(({ stride }) => stride));
  const pyramid = new Map<number, tfl.SymbolicTensor>();
  let top: tfl.SymbolicTensor | undefined;
  for (let i = stages.length - 1; i >= 0 && strides[i]! >= finest; i--) {
    const lateral = chain(
      stages[i]!,
      linear(`lateral${i + 1}`, pyramidChannels, 0, (fanIn) => Math.sqrt(1 / fanIn)),
    );
    if (top) {
      const up = chain(top, new UpsampleNearest3dLayer({ name: `up${i + 1}` }));
      top = tfl.layers.add({ name: `merge${i + 1}` }).apply([lateral, up]) as tfl.SymbolicTensor;
    } else top = lateral;
    pyramid.set(strides[i]!, top);
  }

  // Heads, shared by the levels.
  const tower = (name: string): tfl.layers.Layer[] =>
    Array.from({ length: config.headDepth }, (_, i) => [
      conv(`${name}_conv${i + 1}`, pyramidChannels, 3),
      norm(`${name}_norm${i + 1}`, "relu"),
    ]).flat();
  const isShared = config.towers === "shared";
  const logitTower = tower(isShared ? "head" : "logits");
  const deltaTower = isShared ? logitTower : tower("deltas");
  const sizes = levels[0]!.sizes.length;
  const small = (): number => 0.01;
  const logitHead = linear("logits", sizes * classes, Math.log(prior / (1 - prior)), small);
  const deltaHead = linear("deltas", sizes * 6, 0, small);
  const outputs = levels.map(({ stride }) => {
    const forLogits = chain(pyramid.get(stride)!, ...logitTower);
    const forDeltas = isShared ? forLogits : chain(pyramid.get(stride)!, ...deltaTower);
    return {
      logits: chain(forLogits, logitHead, new FlattenAnchorsLayer({ name: `logits_${stride}`, values: classes })),
      deltas: chain(forDeltas, deltaHead, new FlattenAnchorsLayer({ name: `deltas_${stride}`, values: 6 })),
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
 * After Lin et al., "Feature pyramid networks" (CVPR 2017) and "Focal loss for dense object detection" (ICCV 2017), in 3D.
 * It is fully convolutional, for any input whose extents are multiples of the last stage's stride. Weights are drawn from the seed, the same on every
 * backend; their `originalName`s are unique and stable. Free them with `dispose()`.
 *
 * @param config what differs from {@link slimPreset}; `{ ...resnet50Preset, seed }` for the large one
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
  checkPyramidConfig(full);
  const multiple = stageStrides(full).at(-1)!;
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
    // Outside training mode a model frees what no later layer reads. Nothing else differs, and what a gradient needs its tape keeps.
    const [logits, deltas] = tf.tidy(() => model.apply(x, { training: false }) as tf.Tensor3D[]);
    return { logits: logits!, deltas: deltas! };
  };
  const dispose = (): void => {
    for (const weight of model.weights) weight.dispose();
  };
  return { model, config: full, predict, anchors, multiple, dispose };
}
