// Group norm as the definition in float64, and the kernels against it and its finite differences: with SIMD and without.
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect } from "vitest";
import { between, difference, dirtyHeap, numbers, sizeOf } from "./wasm.js";

export interface Normalization {
  shape: number[];
  groups: number;
  /** What follows: nothing, ReLU, or the addition of a residual and ReLU. */
  end: "linear" | "relu" | "addRelu";
  /** Added to all values: a mean far above the deviation is where one-pass formulas fail. */
  mean: number;
  /** Added from the first to the last value in equal steps: parts of the volume whose means lie apart. */
  drift: number;
}

const epsilon = 1e-3;
const ends = fc.constantFrom("linear", "relu", "addRelu" as const);

/** Channels that fill vectors of four and others; positions for one block of the loops and for several. */
export const normalization: fc.Arbitrary<Normalization> = fc
  .record({
    samples: between(1, 3),
    middle: fc.oneof(fc.array(between(1, 5), { maxLength: 3 }), fc.tuple(between(150, 600))),
    groups: between(1, 4),
    width: between(1, 7),
    end: ends as fc.Arbitrary<Normalization["end"]>,
    mean: fc.constantFrom(0, 1, -30),
    drift: fc.constantFrom(0, 10),
  })
  .map(({ samples, middle, groups, width, ...rest }) => ({ shape: [samples, ...middle, groups * width], groups, ...rest }))
  // A group of one value has no deviation: what is left is rounding.
  .filter(({ shape, groups }) => sizeOf(shape) / shape[0]! / groups >= 4);

type Values = Record<"x" | "gamma" | "beta" | "residual", ArrayLike<number>>;

/** y = relu?((x − μ) / √(σ² + ε) · γ + β + residual?) in float64; `linear` is y before ReLU. */
function reference({ x, gamma, beta, residual }: Values, { shape, groups, end }: Normalization) {
  const [samples, channels] = [shape[0]!, shape.at(-1)!];
  const [perSample, width] = [sizeOf(shape) / samples, channels / groups];
  const linear = new Float64Array(x.length);
  const statistics: number[] = [];
  for (let n = 0; n < samples; n++)
    for (let g = 0; g < groups; g++) {
      const at: number[] = [];
      for (let i = 0; i < perSample; i++) if (Math.floor((i % channels) / width) === g) at.push(n * perSample + i);
      const mean = at.reduce((sum, i) => sum + x[i]!, 0) / at.length;
      const variance = at.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0) / at.length;
      const inverse = 1 / Math.sqrt(variance + epsilon);
      statistics.push(mean, inverse);
      for (const i of at) {
        linear[i] = (x[i]! - mean) * inverse * gamma[i % channels]! + beta[i % channels]! + (end === "addRelu" ? residual[i]! : 0);
      }
    }
  return { linear, y: end === "linear" ? linear : linear.map((value) => Math.max(0, value)), statistics };
}

function draw({ shape, mean, drift }: Normalization) {
  const [size, channels] = [sizeOf(shape), shape.at(-1)!];
  const x = numbers(size, 1).map((v, i) => v + mean + (drift * i) / size);
  return { x, gamma: numbers(channels, 2), beta: numbers(channels, 3), dy: numbers(size, 4), residual: numbers(size, 5) };
}

/** Values are as precise as float32 holds x. */
const tolerance = (base: number, { mean, drift }: Normalization): number => base * (1 + Math.abs(mean) + drift);

export const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor[];

/** The kernel's outputs and, from its gradient kernel, those by x, γ, β and the residual. */
function runBoth(
  values: ReturnType<typeof draw>,
  { shape, groups, end }: Normalization,
): { outputs: tf.Tensor[]; gradients: () => tf.Tensor[] } {
  const inputs = { x: tf.tensor(values.x, shape), gamma: tf.tensor(values.gamma), beta: tf.tensor(values.beta) };
  const dy = tf.tensor(values.dy, shape);
  const name = end === "addRelu" ? "GleanerGroupNormAddRelu" : "GleanerGroupNorm";
  const attributes = end === "addRelu" ? { groups, epsilon } : { groups, epsilon, relu: end === "relu" };
  const outputs = run(name, end === "addRelu" ? { ...inputs, residual: tf.tensor(values.residual, shape) } : inputs, attributes);
  const [y, statistics] = outputs as [tf.Tensor, tf.Tensor];
  return {
    outputs,
    gradients: () => run(`${name}Grad`, { ...inputs, dy, statistics, ...(end === "addRelu" ? { y } : {}) }, attributes),
  };
}

/** y and the statistics against the definition. */
export function expectNormalization(drawn: Normalization): void {
  dirtyHeap();
  const values = draw(drawn);
  const expected = reference(values, drawn);
  tf.tidy(() => {
    const [y, statistics] = runBoth(values, drawn).outputs;
    expect(y!.shape).toEqual(drawn.shape);
    expect(statistics!.shape).toEqual([drawn.shape[0], drawn.groups, 2]);
    // Values are about 1 before ReLU; what it leaves may be small, so the error is not measured by that.
    const worst = y!.dataSync<"float32">().reduce((most, value, i) => Math.max(most, Math.abs(value - expected.y[i]!)), 0);
    expect(worst).toBeLessThan(tolerance(5e-6, drawn));
    expect(difference(statistics!.dataSync(), expected.statistics)).toBeLessThan(5e-6);
  });
}

/** All gradients by channel, and those of some values of x and of the residual, against finite differences of the definition. */
export function expectNormalizationGradients(drawn: Normalization): void {
  dirtyHeap();
  const values = draw(drawn);
  // A kink of ReLU within a step of one of the values makes differences meaningless: dy is 0 there.
  reference(values, drawn).linear.forEach((value, i) => {
    if (drawn.end !== "linear" && Math.abs(value) < 1e-3) values.dy[i] = 0;
  });
  const loss = (part: keyof Values, i: number, step: number): number => {
    const moved = Float64Array.from(values[part]);
    moved[i]! += step;
    return reference({ ...values, [part]: moved }, drawn).y.reduce((sum, y, at) => sum + y * values.dy[at]!, 0);
  };
  const step = 1e-5;
  const slope = (part: keyof Values, i: number): number => (loss(part, i, step) - loss(part, i, -step)) / (2 * step);
  tf.tidy(() => {
    const gradients = runBoth(values, drawn).gradients();
    const parts = ["x", "gamma", "beta", ...(drawn.end === "addRelu" ? ["residual"] : [])] as (keyof Values)[];
    expect(gradients.length).toBe(parts.length);
    parts.forEach((part, i) => {
      const actual = gradients[i]!.dataSync();
      expect(actual.length).toBe(values[part].length);
      // The last value, and about thirty others.
      const stride = Math.ceil(actual.length / 30);
      const asked = Array.from(actual, (_, at) => actual.length - 1 - at).filter((_, at) => at % stride === 0);
      const expected = asked.map((at) => slope(part, at));
      expect(
        difference(
          asked.map((at) => actual[at]!),
          expected,
        ),
      ).toBeLessThan(tolerance(2e-5, drawn));
    });
  });
}
