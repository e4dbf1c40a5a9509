import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { between, difference, dirtyHeap, numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

interface Drawn {
  shape: number[];
  groups: number;
  relu: boolean;
  /** Added to all values: a mean far above the deviation is where one-pass formulas fail. */
  mean: number;
}

const normalization: fc.Arbitrary<Drawn> = fc
  .record({
    samples: between(1, 3),
    middle: fc.array(between(1, 6), { maxLength: 3 }),
    groups: between(1, 4),
    width: between(1, 4),
    relu: fc.boolean(),
    mean: fc.constantFrom(0, 1, -30),
  })
  .map(({ samples, middle, groups, width, relu, mean }) => ({ shape: [samples, ...middle, groups * width], groups, relu, mean }))
  // A group of one value has no deviation: what is left is rounding.
  .filter(({ shape, groups }) => sizeOf(shape) / shape[0]! / groups >= 4);

const epsilon = 1e-3;

/** y = relu?((x − μ) / √(σ² + ε) · γ + β) in float64. */
function reference(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  { shape, groups, relu }: Drawn,
): { y: Float64Array; statistics: number[] } {
  const [samples, channels] = [shape[0]!, shape.at(-1)!];
  const [perSample, width] = [sizeOf(shape) / samples, channels / groups];
  const y = new Float64Array(x.length);
  const statistics: number[] = [];
  for (let n = 0; n < samples; n++)
    for (let g = 0; g < groups; g++) {
      const members = Array.from({ length: perSample }, (_, i) => i).filter((i) => Math.floor((i % channels) / width) === g);
      const at = members.map((i) => n * perSample + i);
      const mean = at.reduce((sum, i) => sum + x[i]!, 0) / at.length;
      const variance = at.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0) / at.length;
      const inverse = 1 / Math.sqrt(variance + epsilon);
      statistics.push(mean, inverse);
      for (const i of at) {
        const value = (x[i]! - mean) * inverse * gamma[i % channels]! + beta[i % channels]!;
        y[i] = relu ? Math.max(0, value) : value;
      }
    }
  return { y, statistics };
}

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor[];

function draw(drawn: Drawn): { x: Float32Array; gamma: Float32Array; beta: Float32Array; dy: Float32Array } {
  const size = sizeOf(drawn.shape);
  const channels = drawn.shape.at(-1)!;
  return { x: numbers(size, 1).map((v) => v + drawn.mean), gamma: numbers(channels, 2), beta: numbers(channels, 3), dy: numbers(size, 4) };
}

test("GleanerGroupNorm against the definition in float64", () => {
  fc.assert(
    fc.property(normalization, (drawn) => {
      dirtyHeap();
      const { x, gamma, beta } = draw(drawn);
      const { groups, relu } = drawn;
      const expected = reference(x, gamma, beta, drawn);
      tf.tidy(() => {
        const [y, statistics] = run(
          "GleanerGroupNorm",
          { x: tf.tensor(x, drawn.shape), gamma: tf.tensor(gamma), beta: tf.tensor(beta) },
          { groups, epsilon, relu },
        );
        expect(y!.shape).toEqual(drawn.shape);
        expect(statistics!.shape).toEqual([drawn.shape[0], groups, 2]);
        // Values are about 1 before ReLU; what it leaves may be small, so the error is not measured by that.
        const worst = Math.max(...y!.dataSync().map((value, i) => Math.abs(value - expected.y[i]!)));
        expect(worst).toBeLessThan(5e-6 * (1 + Math.abs(drawn.mean)));
        expect(difference(statistics!.dataSync(), expected.statistics)).toBeLessThan(5e-6);
      });
    }),
    { numRuns: 150 },
  );
});

test("GleanerGroupNormGrad against finite differences of the definition", () => {
  fc.assert(
    fc.property(normalization, (drawn) => {
      dirtyHeap();
      const values = draw(drawn);
      const { groups, relu } = drawn;
      const loss = (part: "x" | "gamma" | "beta", i: number, step: number): number => {
        const moved = Float64Array.from(values[part]);
        moved[i]! += step;
        const all = { ...values, [part]: moved };
        return reference(all.x, all.gamma, all.beta, drawn).y.reduce((sum, y, at) => sum + y * values.dy[at]!, 0);
      };
      const step = 1e-5;
      const slope = (part: "x" | "gamma" | "beta", i: number): number => (loss(part, i, step) - loss(part, i, -step)) / (2 * step);
      tf.tidy(() => {
        const inputs = { x: tf.tensor(values.x, drawn.shape), gamma: tf.tensor(values.gamma), beta: tf.tensor(values.beta) };
        const [y, statistics] = run("GleanerGroupNorm", inputs, { groups, epsilon, relu });
        const gradients = run(
          "GleanerGroupNormGrad",
          { ...inputs, dy: tf.tensor(values.dy, drawn.shape), statistics: statistics! },
          { groups, epsilon, relu },
        );
        // A kink of ReLU within a step of one of the values makes differences meaningless.
        const { y: linear } = reference(values.x, values.gamma, values.beta, { ...drawn, relu: false });
        if (relu && linear.some((value) => Math.abs(value) < 1e-3)) return;
        expect(y!.dtype).toBe("float32");
        (["x", "gamma", "beta"] as const).forEach((part, i) => {
          const expected = Array.from(values[part], (_, at) => slope(part, at));
          expect(difference(gradients[i]!.dataSync(), expected)).toBeLessThan(2e-5 * (1 + Math.abs(drawn.mean)));
        });
      });
    }),
    { numRuns: 60 },
  );
});

test("shapes that do not fit are named", () => {
  const x = tf.zeros([1, 4, 6]);
  const call = (groups: number, channels: number): unknown =>
    run("GleanerGroupNorm", { x, gamma: tf.ones([channels]), beta: tf.zeros([channels]) }, { groups, epsilon, relu: false });
  expect(() => call(4, 6)).toThrow("groups 4, expected a divisor of the 6 channels.");
  expect(() => call(3, 5)).toThrow("gamma has shape [5], expected [6].");
});
