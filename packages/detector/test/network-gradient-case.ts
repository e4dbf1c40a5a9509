// A whole tiny network on whatever backend is in use, against float64 in plain JavaScript. Other packages import this file to check engines.
import type * as tfjs from "@tensorflow/tfjs-core";
import { createPyramidDetector, cubeSizes, type PyramidConfig } from "../src/index.js";
import { referencePredict, type Volume, type Weights } from "./reference-network.js";

export interface NetworkGradientCase {
  /** The backend that was checked. */
  backend: string;
  /** Largest difference of a logit or delta, relative to the largest one. */
  predictionError: number;
  /** Largest difference of a derivative, relative to the largest one of the same weight tensor, over the derivatives looked at. */
  gradientError: number;
  /** The weight that `gradientError` is of. */
  worst: string;
  /** Derivatives looked at. */
  derivatives: number;
}

const tiny: Partial<PyramidConfig> = {
  inputChannels: 2,
  channels: [4, 6],
  levels: [
    { stride: 2, sizes: cubeSizes([3, 5]) },
    { stride: 4, sizes: cubeSizes([6, 9]) },
  ],
  pyramidChannels: 4,
  groups: 2,
  seed: 5,
};

/** The same with bottlenecks and towers of their own: ten blocks, of which the last stage has one voxel along y. */
const tinyBottleneck: Partial<PyramidConfig> = {
  ...tiny,
  block: "bottleneck",
  channels: [8, 16],
  blocksPerStage: [6, 4],
  levels: [
    { stride: 4, sizes: cubeSizes([3, 5]) },
    { stride: 8, sizes: cubeSizes([6, 9]) },
  ],
  towers: "separate",
  headDepth: 2,
};

/** Numbers in −1..1 that look random and are the same everywhere. */
const wave = (i: number, phase: number): number => Math.sin(12.9898 * (i + 1) + phase) * Math.cos(4.1414 * (i + 1) * (phase + 1));

/**
 * Predictions and gradients of a tiny pyramid network on the backend that `tf` uses now, compared with float64 and its finite differences.
 * Expect errors of 1e-4 or less in float32. Takes a few seconds, nearly all of it plain JavaScript.
 */
export function networkGradientCase(
  tf: typeof tfjs,
  { perWeight = 2, block = "basic" }: { perWeight?: number; block?: PyramidConfig["block"] } = {},
): NetworkGradientCase {
  const { model, config, predict, dispose } = createPyramidDetector(block === "basic" ? tiny : tinyBottleneck);
  const shape: [number, number, number] = block === "basic" ? [8, 12, 8] : [16, 8, 16];
  const voxels = shape[0] * shape[1] * shape[2] * 2;
  const samples = [0, 1].map(
    (n): Volume => ({ shape, channels: 2, data: Float64Array.from({ length: voxels }, (_, i) => Math.fround(wave(i, n + 0.3))) }),
  );
  const variables: Record<string, tfjs.Variable> = {};
  for (const weight of model.weights) {
    // Drawn anew, so that no scale is exactly one, no bias zero, and small outputs do not hide errors.
    const variable = weight.read() as unknown as tfjs.Variable;
    const fanIn = variable.size / variable.shape.at(-1)!;
    const offset = weight.originalName.endsWith("gamma") ? 1 : 0;
    const spread = variable.rank === 1 ? 0.3 : Math.sqrt(3 / fanIn);
    const phase = Object.keys(variables).length;
    const values = Float32Array.from({ length: variable.size }, (_, i) => offset + spread * wave(i, phase + 0.7));
    tf.tidy(() => void variable.assign(tf.tensor(values, variable.shape)));
    variables[weight.originalName] = variable;
  }
  const weights: Weights = Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, Float64Array.from(v.dataSync())]));

  // The loss is a fixed weighted sum of all outputs and of their squares.
  const factors = (count: number, phase: number): Float32Array => Float32Array.from({ length: count }, (_, i) => wave(i, phase));
  const term = (values: number[], phase: number): number => {
    const f = factors(values.length, phase);
    return values.reduce((sum, v, i) => sum + f[i]! * (v + 0.5 * v * v), 0);
  };
  const reference = (): { logits: number[]; deltas: number[] } => {
    const each = samples.map((sample) => referencePredict(config, weights, sample));
    return { logits: each.flatMap(({ logits }) => logits), deltas: each.flatMap(({ deltas }) => deltas) };
  };
  const referenceLoss = (): number => {
    const { logits, deltas } = reference();
    return term(logits, 0.1) + term(deltas, 0.2);
  };

  const x = tf.tensor5d(Float32Array.from(samples.flatMap(({ data }) => Array.from(data))), [2, ...shape, 2]);
  const tensorTerm = (values: tfjs.Tensor, phase: number): tfjs.Scalar =>
    tf.sum(tf.mul(tf.tensor(factors(values.size, phase), values.shape), tf.add(values, tf.mul(0.5, tf.square(values)))));
  const { grads, value } = tf.variableGrads(() => {
    const { logits, deltas } = predict(x);
    return tf.add<tfjs.Scalar>(tensorTerm(logits, 0.1), tensorTerm(deltas, 0.2));
  }, Object.values(variables));

  const predictionError = tf.tidy(() => {
    const { logits, deltas } = predict(x);
    const expected = reference();
    const pairs = [
      [logits.dataSync(), expected.logits],
      [deltas.dataSync(), expected.deltas],
    ] as const;
    return Math.max(...pairs.map(([ours, theirs]) => relativeError(ours, theirs)));
  });

  const result: NetworkGradientCase = { backend: tf.getBackend(), predictionError, gradientError: 0, worst: "", derivatives: 0 };
  const step = 2e-7;
  for (const [name, variable] of Object.entries(variables)) {
    const ours = Array.from(grads[variable.name]!.dataSync());
    const values = weights[name]!;
    const entries = Array.from(
      { length: Math.min(perWeight, values.length) },
      (_, i) => Math.floor(((i + 0.5) * values.length) / perWeight) % values.length,
    );
    const largest = ours.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
    for (const i of entries) {
      const value = values[i]!;
      values[i] = value + step;
      const above = referenceLoss();
      values[i] = value - step;
      const derivative = (above - referenceLoss()) / (2 * step);
      values[i] = value;
      const error = Math.abs(derivative - ours[i]!) / Math.max(largest, 1e-3);
      // NaN must not pass.
      if (!(error <= result.gradientError))
        Object.assign(result, { gradientError: error, worst: `${name}[${i}]: ${ours[i]} instead of ${derivative}` });
      result.derivatives++;
    }
  }
  tf.dispose([x, grads, value]);
  dispose();
  return result;
}

function relativeError(ours: ArrayLike<number>, theirs: number[]): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...theirs.map(Math.abs));
  // NaN must not pass: Math.max keeps it.
  return Math.max(...theirs.map((v, i) => Math.abs(ours[i]! - v) / largest));
}
