import * as tf from "@tensorflow/tfjs-core";
import { inputValues, type Operator, unary } from "./operator.js";

// What @gleaner/native and @gleaner/wasm3d register beside TensorFlow.js's operators, and other packages ask for by these names. Where an
// engine has none, other operators are put together, as those packages do.

type Inputs = tf.Tensor[];
interface Fused {
  value: tf.Tensor;
  saved: tf.Tensor[];
}

const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) != null;

const runKernel = (name: string, inputs: tf.Tensor[] | Record<string, tf.Tensor>, attributes: object = {}): tf.Tensor[] => {
  const result = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  return Array.isArray(result) ? result : [result];
};

/** The engine's operator for value and gradients; `composed` where it has none. */
const own =
  (
    name: string,
    forward: (...inputs: Inputs) => Fused,
    backward: (dy: tf.Tensor, ...saved: Inputs) => tf.Tensor[],
    composed: (...inputs: Inputs) => tf.Tensor,
  ): Operator["run"] =>
  (...inputs) => {
    if (!hasKernel(name)) return composed(...inputs);
    const op = tf.customGrad((...args) => {
      const save = args.at(-1) as unknown as tf.GradSaveFunc;
      const { value, saved } = forward(...(args.slice(0, -1) as Inputs));
      save(saved);
      return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => backward(dy, ...kept) };
    });
    return op(...inputs);
  };

const epsilon = 1e-3;
const inGroups = { groups: 2, epsilon };

/** Normalized over each half of the channels of each of two samples, [2, …, 4]. */
const groupNorm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
  const grouped = tf.reshape(x, [2, x.size / 8, 2, 2]);
  const centered = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centered), [1, 3], true), epsilon));
  return tf.add(tf.mul(tf.reshape(tf.mul(centered, inverse), x.shape), gamma), beta);
};

const groupNormRelu = own(
  "GleanerGroupNorm",
  (x, gamma, beta) => {
    const [value, statistics] = runKernel("GleanerGroupNorm", { x: x!, gamma: gamma!, beta: beta! }, { ...inGroups, relu: true });
    return { value: value!, saved: [x!, gamma!, beta!, statistics!] };
  },
  (dy, x, gamma, beta, statistics) =>
    runKernel(
      "GleanerGroupNormGrad",
      { dy, x: x!, gamma: gamma!, beta: beta!, statistics: statistics! },
      {
        ...inGroups,
        relu: true,
      },
    ),
  (x, gamma, beta) => tf.relu(groupNorm(x!, gamma!, beta!)),
);

const groupNormAddRelu = own(
  "GleanerGroupNormAddRelu",
  (x, gamma, beta, residual) => {
    const inputs = { x: x!, gamma: gamma!, beta: beta!, residual: residual! };
    const [value, statistics] = runKernel("GleanerGroupNormAddRelu", inputs, inGroups);
    return { value: value!, saved: [x!, gamma!, beta!, statistics!, value!] };
  },
  (dy, x, gamma, beta, statistics, y) =>
    runKernel("GleanerGroupNormAddReluGrad", { dy, x: x!, gamma: gamma!, beta: beta!, statistics: statistics!, y: y! }, inGroups),
  (x, gamma, beta, residual) => tf.relu(tf.add(groupNorm(x!, gamma!, beta!), residual!)),
);

const withSlope = { epsilon, slope: 0.1 };

const batchNormLeakyRelu = own(
  "GleanerBatchNorm",
  (x, gamma, beta) => {
    const [value, , , first, second] = runKernel("GleanerBatchNorm", { x: x!, gamma: gamma!, beta: beta! }, withSlope);
    return { value: value!, saved: [x!, value!, gamma!, beta!, first!, second!] };
  },
  (dy, x, y, gamma, beta, first, second) =>
    runKernel("GleanerBatchNormGrad", { dy, x: x!, y: y!, gamma: gamma!, beta: beta!, first: first!, second: second! }, withSlope),
  (x, gamma, beta) => {
    const axes = [0, 1, 2];
    const centered = tf.sub(x!, tf.mean(x!, axes, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centered), axes, true), epsilon));
    return tf.leakyRelu(tf.add(tf.mul(tf.mul(centered, inverse), gamma!), beta!), withSlope.slope);
  },
);

const upsample3d = own(
  "GleanerUpsampleNearest3d",
  (x) => ({ value: runKernel("GleanerUpsampleNearest3d", { x: x! })[0]!, saved: [] }),
  (dy) => runKernel("GleanerUpsampleNearest3dGrad", { dy }),
  (x) => {
    const [n, d, h, w, c] = x!.shape as [number, number, number, number, number];
    const steps = [
      [n * d * h * w, c],
      [n * d * h, 2 * w * c],
      [n * d, 4 * h * w * c],
    ];
    const doubled = steps.reduce((t, step) => {
      const rows = tf.reshape(t, step);
      return tf.concat([rows, rows], 1);
    }, x!);
    return tf.reshape(doubled, [n, 2 * d, 2 * h, 2 * w, c]);
  },
);

const blocksToChannels = own(
  "GleanerBlocksToChannels",
  (x) => ({ value: runKernel("GleanerBlocksToChannels", { x: x! })[0]!, saved: [] }),
  (dy) => runKernel("GleanerChannelsToBlocks", { x: dy }),
  (x) => {
    const [n, d, h, w, c] = x!.shape as [number, number, number, number, number];
    const alongY = tf.transpose(tf.reshape(x!, [(n * d * h) / 2, 2, w / 2, 2 * c]), [0, 2, 1, 3]);
    const alongZ = tf.transpose(tf.reshape(alongY, [(n * d) / 2, 2, (h * w) / 4, 4 * c]), [0, 2, 1, 3]);
    return tf.reshape(alongZ, [n, d / 2, h / 2, w / 2, 8 * c]);
  },
);

const focal = { alpha0: 0.75, alpha1: 0.25, gamma: 2, softAlpha: true, softBeta: true };

const focalLoss = (logits: tf.Tensor): tf.Tensor => {
  // Targets have no gradient; so they are no input.
  const targets = tf.tensor(
    inputValues(logits.size, 5).map((value) => (value + 1) / 2),
    logits.shape,
  );
  const run = own(
    "GleanerSoftTargetFocalLoss",
    (x) => {
      const [value, slope] = runKernel("GleanerSoftTargetFocalLoss", { targets, logits: x! }, focal);
      return { value: value!, saved: [slope!] };
    },
    (dy, slope) => [tf.mul(dy, slope!)],
    (x) => {
      const crossEntropy = tf.sub(tf.softplus(x!), tf.mul(targets, x!));
      const weight = tf.add(tf.mul(targets, focal.alpha1 - focal.alpha0), focal.alpha0);
      return tf.mul(weight, tf.mul(tf.square(tf.sub(tf.sigmoid(x!), targets)), crossEntropy));
    },
  );
  return run(logits);
};

/** Operators of Gleaner's, with the gradients that training takes. */
export const ownOperators: Operator[] = [
  { name: "group norm with ReLU", inputs: [[2, 2, 2, 3, 4], [4], [4]], run: groupNormRelu, hasGradient: true },
  {
    name: "group norm, addition and ReLU",
    inputs: [[2, 2, 1, 3, 4], [4], [4], [2, 2, 1, 3, 4]],
    run: groupNormAddRelu,
    hasGradient: true,
  },
  { name: "batch norm with LeakyReLU", inputs: [[3, 2, 2, 3], [3], [3]], run: batchNormLeakyRelu, hasGradient: true },
  unary("nearest upsampling of volumes", [1, 2, 1, 3, 2], upsample3d),
  unary("blocks of voxels to channels", [1, 2, 4, 2, 2], blocksToChannels),
  unary("soft-target focal loss", [3, 5], focalLoss),
];
