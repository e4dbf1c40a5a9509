import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipByGlobalNorm, createAdamW, createEma, createRandom, createSgd, lossGradients, type Optimizer } from "../src/index.js";
import { calls, registerListKernels, unregisterListKernels } from "./list-kernels.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const fixture = JSON.parse(readFileSync(new URL("./fixtures/sgd_ema.json", import.meta.url), "utf8"));

/** Shapes that are joined (small, of several ranks) and one that is too large to be. */
const shapes = { kernel: [3, 2, 2], bias: [5], scale: [1], big: [100, 100] };
const draw = (seed: number): Record<string, Float32Array> => {
  const random = createRandom(seed);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 2 * random() - 1),
    ]),
  );
};
const tensors = (values: Record<string, Float32Array>): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, data]) => [name, tf.tensor(data, shapes[name as "bias"])]));
const variables = (seed: number): Record<string, tf.Variable> =>
  Object.fromEntries(Object.entries(tensors(draw(seed))).map(([name, tensor]) => [name, tf.variable(tensor)]));
const values = (record: Record<string, tf.Tensor>): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(record).map(([name, tensor]) => [name, tensor.dataSync<"float32">().slice()]));
const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((gap, x, i) => Math.max(gap, Math.abs(x - b[i]!)), 0);

test("SGD with Nesterov momentum and weight decay, and the EMA, agree with torch", () => {
  const { momentum, weight_decay: weightDecay, ema: decay } = fixture.options;
  const weight = tf.variable(tf.transpose(tf.tensor2d(fixture.init.weight)));
  const bias = tf.variable(tf.tensor1d(fixture.init.bias));
  const sgd = createSgd({ momentum, nesterov: true, weightDecay, exclude: (name) => name === "bias" });
  const ema = createEma({ weight, bias }, { decay });
  for (const step of fixture.steps) {
    const { value, gradients } = lossGradients(
      () => {
        const logits = tf.add(tf.matMul(tf.tensor2d(step.x), weight as tf.Tensor2D), bias);
        return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(step.y, "int32"), 2), logits) as tf.Scalar;
      },
      { weight, bias },
    );
    expect(value.dataSync()[0]).toBeCloseTo(step.loss, 5);
    sgd.apply({ weight, bias }, gradients, step.lr);
    ema.update();
    expect(largestGap(tf.transpose(weight).dataSync(), step.weight.flat())).toBeLessThan(1e-6);
    expect(largestGap(bias.dataSync(), step.bias)).toBeLessThan(1e-6);
    ema.swapIn();
    expect(largestGap(tf.transpose(weight).dataSync(), step.ema_weight.flat())).toBeLessThan(1e-6);
    expect(largestGap(bias.dataSync(), step.ema_bias)).toBeLessThan(1e-6);
    ema.swapOut();
  }
});

/** One weight in float64, straight from the papers. */
type Rule = (w: number, gradient: (step: number) => number, rate: (step: number) => number, steps: number) => number;
const sgdRule =
  (mu: number, nesterov: boolean, lambda: number): Rule =>
  (w, gradient, rate, steps) => {
    let v = 0;
    for (let t = 1; t <= steps; t++) {
      const g = gradient(t) + lambda * w;
      v = mu * v + g;
      w -= rate(t) * (nesterov ? g + mu * v : v);
    }
    return w;
  };
const adamWRule =
  (beta1: number, beta2: number, epsilon: number, lambda: number): Rule =>
  (w, gradient, rate, steps) => {
    let [m, v] = [0, 0];
    for (let t = 1; t <= steps; t++) {
      m = beta1 * m + (1 - beta1) * gradient(t);
      v = beta2 * v + (1 - beta2) * gradient(t) ** 2;
      w = w - rate(t) * lambda * w - (rate(t) * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
    }
    return w;
  };

const kinds: [string, () => Optimizer, Rule][] = [
  ["plain SGD", () => createSgd(), sgdRule(0, false, 0)],
  ["SGD with weight decay only", () => createSgd({ weightDecay: 0.3 }), sgdRule(0, false, 0.3)],
  ["SGD with momentum", () => createSgd({ momentum: 0.9, weightDecay: 0.01 }), sgdRule(0.9, false, 0.01)],
  ["SGD with Nesterov's", () => createSgd({ momentum: 0.8, nesterov: true, weightDecay: 0.01 }), sgdRule(0.8, true, 0.01)],
  ["AdamW", () => createAdamW({ weightDecay: 0.05 }), adamWRule(0.9, 0.999, 1e-8, 0.05)],
  ["AdamW with a large epsilon", () => createAdamW({ beta1: 0.5, beta2: 0.9, epsilon: 0.1, weightDecay: 0 }), adamWRule(0.5, 0.9, 0.1, 0)],
];

/** On an engine without operators over lists, and on one that has them. */
const onBoth = kinds.flatMap(([name, create, rule]) => [
  { name, create, rule, atOnce: false },
  { name: `${name}, all weights at once`, create, rule, atOnce: true },
]);

describe.each(onBoth)("$name", ({ create, rule, atOnce }) => {
  if (atOnce) {
    beforeAll(registerListKernels);
    afterAll(unregisterListKernels);
  }
  const steps = 12;
  const rate = (t: number): number => 0.05 / t;
  const gradientsOf = (t: number): Record<string, tf.Tensor> => tensors(draw(100 + t));

  test("agrees with the paper's formula in float64 on every weight", () => {
    const model = variables(1);
    const optimizer = create();
    for (let t = 1; t <= steps; t++) optimizer.apply(model, gradientsOf(t), rate(t));
    const drawn = Array.from({ length: steps }, (_, i) => draw(101 + i));
    const start = draw(1);
    for (const [name, got] of Object.entries(values(model))) {
      const expected = Array.from(got, (_, i) => rule(start[name]![i]!, (t) => drawn[t - 1]![name]![i]!, rate, steps));
      expect(largestGap(got, expected)).toBeLessThan(2e-6);
    }
  });

  test("does not depend on which other variables there are", () => {
    const together = variables(1);
    const optimizer = create();
    for (let t = 1; t <= 3; t++) optimizer.apply(together, gradientsOf(t), 0.1);
    for (const name of Object.keys(shapes)) {
      const alone = { [name]: variables(1)[name]! };
      const own = create();
      for (let t = 1; t <= 3; t++) own.apply(alone, { [name]: gradientsOf(t)[name]! }, 0.1);
      expect(values(alone)[name]).toEqual(values(together)[name]);
    }
  });

  test.skipIf(atOnce)("needs memory for the work on one variable at a time", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `kernel${i}`);
    const size = 10_000;
    const model = Object.fromEntries(names.map((name) => [name, tf.variable(tf.zeros([size]))]));
    const gradients = Object.fromEntries(names.map((name) => [name, tf.ones([size])]));
    const optimizer = create();
    optimizer.apply(model, gradients, 0.1);
    const before = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(() => optimizer.apply(model, gradients, 0.1));
    expect((peakBytes - before) / (4 * size)).toBeLessThan(9);
    expect(tf.memory().numBytes).toBe(before);
  });

  test("leaves a variable without a gradient and its state alone", () => {
    const model = variables(1);
    const optimizer = create();
    optimizer.apply(model, gradientsOf(1), 0.1);
    const before = values(model);
    const stateBefore = values(optimizer.snapshot());
    const { bias, ...others } = gradientsOf(2);
    optimizer.apply(model, others, 0.1);
    expect(values(model)["bias"]).toEqual(before["bias"]);
    expect(values(model)["scale"]).not.toEqual(before["scale"]);
    const state = values(optimizer.snapshot());
    for (const key of Object.keys(state)) if (key.endsWith("/bias")) expect(state[key]).toEqual(stateBefore[key]);
    optimizer.apply(model, { bias: bias! }, 0.1);
    expect(values(model)["bias"]).not.toEqual(before["bias"]);
  });

  test("goes on from a snapshot to the bit, also when the state is restored before the first step", () => {
    const [model, other] = [variables(1), variables(2)];
    const optimizer = create();
    for (let t = 1; t <= 3; t++) optimizer.apply(model, gradientsOf(t), 0.1);
    const again = create();
    again.apply(other, gradientsOf(9), 0.1);
    again.restore(optimizer.snapshot());
    for (const [name, variable] of Object.entries(other)) variable.assign(tf.clone(model[name]!));
    expect(values(again.snapshot())).toEqual(values(optimizer.snapshot()));
    for (let t = 4; t <= 6; t++) {
      optimizer.apply(model, gradientsOf(t), 0.1);
      again.apply(other, gradientsOf(t), 0.1);
    }
    expect(values(other)).toEqual(values(model));
  });

  test("leaks nothing and leaves the caller's tensors alone", () => {
    const model = variables(1);
    const gradients = gradientsOf(1);
    const before = tf.memory().numTensors;
    const optimizer = create();
    optimizer.apply(model, gradients, 0.1);
    const running = tf.memory();
    for (let t = 0; t < 5; t++) optimizer.apply(model, gradients, 0.1);
    // A step inside a tidy keeps its state too.
    tf.tidy(() => optimizer.apply(model, gradients, 0.1));
    optimizer.apply(model, { bias: gradients["bias"]! }, 0.1);
    optimizer.apply(model, gradients, 0.1);
    const snapshot = optimizer.snapshot();
    optimizer.restore(snapshot);
    tf.dispose(snapshot);
    optimizer.apply(model, gradients, 0.1);
    expect(tf.memory().numTensors).toBe(running.numTensors);
    expect(tf.memory().numBytes).toBe(running.numBytes);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    for (const gradient of Object.values(gradients)) expect(gradient.isDisposed).toBe(false);
  });

  test("refuses rates, gradients and states that fit nothing", () => {
    const optimizer = create();
    const model = variables(1);
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => optimizer.apply(model, gradientsOf(1), bad)).toThrow(RangeError);
    expect(() => optimizer.apply(model, { other: tf.scalar(1) }, 0.1)).toThrow(/no variable named other/);
    expect(() => optimizer.restore({ "elsewhere/bias": tf.scalar(1), step: tf.scalar(1) })).toThrow(RangeError);
  });
});

describe("with operators over lists", () => {
  beforeAll(registerListKernels);
  afterAll(unregisterListKernels);

  test("a step is one call for clipping, one for the weights and one for their average", () => {
    const model = variables(1);
    const ema = createEma(model, { decay: 0.5 });
    const optimizer = createAdamW();
    calls.length = 0;
    const { gradients, norm } = clipByGlobalNorm(tensors(draw(2)), 1);
    optimizer.apply(model, gradients, 0.1);
    ema.update();
    const names = ["GleanerClipByGlobalNorm", "GleanerAdamWUpdate", "GleanerEmaUpdate"];
    expect(calls).toEqual(names.map((name) => ({ name, count: 4 })));
    expect(norm.shape).toEqual([]);
  });

  test("many weights are done in several calls, so that new and old ones need not all stand side by side", async () => {
    const sizes = [600_000, 400_000, 100_000, 1_500_000, 5, 7];
    const model = Object.fromEntries(sizes.map((size, i) => [`w${i}`, tf.variable(tf.zeros([size]))]));
    const gradients = Object.fromEntries(sizes.map((size, i) => [`w${i}`, tf.ones([size])]));
    const sgd = createSgd();
    calls.length = 0;
    sgd.apply(model, gradients, 1);
    expect(calls.map(({ count }) => count)).toEqual([2, 1, 1, 2]);
    for (const variable of Object.values(model)) expect(tf.max(variable).dataSync()[0]).toBe(-1);
  });

  test("the state goes along when the engine gets or loses the operators, and averages are swapped on both", () => {
    const [model, steady] = [variables(1), variables(1)];
    const [optimizer, other] = [createAdamW({ weightDecay: 0.05 }), createAdamW({ weightDecay: 0.05 })];
    const [ema, average] = [createEma(model, { decay: 0.5 }), createEma(steady, { decay: 0.5 })];
    for (let t = 1; t <= 4; t++) {
      optimizer.apply(model, tensors(draw(100 + t)), 0.1);
      ema.update();
      unregisterListKernels();
      other.apply(steady, tensors(draw(100 + t)), 0.1);
      average.update();
      if (t % 2 === 0) registerListKernels();
    }
    for (const swap of ["swapIn", "swapOut"] as const) {
      ema[swap]();
      average[swap]();
      for (const [name, got] of Object.entries(values(model))) expect(largestGap(got, values(steady)[name]!)).toBeLessThan(1e-6);
    }
  });

  test("clipping keeps small gradients to the bit, scales large ones, and leaks nothing", () => {
    const gradients = tensors(draw(1));
    const before = tf.memory().numTensors;
    const norm = clipByGlobalNorm(gradients, 1e9);
    expect(values(norm.gradients)).toEqual(values(gradients));
    const length = norm.norm.dataSync()[0]!;
    const tight = clipByGlobalNorm(gradients, length / 4);
    for (const [name, clipped] of Object.entries(values(tight.gradients))) {
      expect(
        largestGap(
          clipped,
          values(gradients)[name]!.map((x) => x / 4),
        ),
      ).toBeLessThan(1e-6);
    }
    tf.dispose([norm.gradients, norm.norm, tight.gradients, tight.norm]);
    expect(tf.memory().numTensors).toBe(before);
    expect(clipByGlobalNorm({}, 1).norm.dataSync()[0]).toBe(0);
  });
});

test("weight decay spares what is excluded", () => {
  const zeros = { bias: tf.zeros([5]), kernel: tf.zeros([3, 2, 2]) };
  for (const options of [{ weightDecay: 0.5, exclude: (name: string) => name === "bias" }]) {
    for (const optimizer of [createSgd(options), createAdamW(options)]) {
      const model = variables(4);
      const before = values(model);
      optimizer.apply(model, zeros, 0.1);
      expect(values(model)["bias"]).toEqual(before["bias"]);
      expect(
        largestGap(
          values(model)["kernel"]!,
          before["kernel"]!.map((w) => w * 0.95),
        ),
      ).toBeLessThan(1e-7);
    }
  }
});

test("a state of other variables or shapes is refused at the next step, and the optimizer can be mended", () => {
  const model = variables(1);
  const gradients = tensors(draw(2));
  const optimizer = createSgd({ momentum: 0.9 });
  optimizer.restore({ "momentum/gone": tf.zeros([2]) });
  expect(() => optimizer.apply(model, gradients, 0.1)).toThrow(/momentum\/gone belongs to none/);
  optimizer.restore({ "momentum/bias": tf.zeros([2]) });
  expect(() => optimizer.apply(model, gradients, 0.1)).toThrow(/momentum\/bias has the shape \[2\] but its variable has \[5\]/);
  optimizer.restore({});
  optimizer.apply(model, gradients, 0.1);
});

test.each([
  ["momentum", () => createSgd({ momentum: 1 })],
  ["momentum", () => createSgd({ momentum: -0.1 })],
  ["Nesterov", () => createSgd({ nesterov: true })],
  ["weightDecay", () => createSgd({ weightDecay: Number.NaN })],
  ["beta1", () => createAdamW({ beta1: 1 })],
  ["beta2", () => createAdamW({ beta2: -1 })],
  ["epsilon", () => createAdamW({ epsilon: 0 })],
  ["weightDecay", () => createAdamW({ weightDecay: -1 })],
  ["decay", () => createEma({}, { decay: 1 })],
  ["limit", () => clipByGlobalNorm({}, 0)],
])("an option out of range is named: %s", (name, make) => {
  expect(make).toThrow(RangeError);
  expect(make).toThrow(name);
});

describe("clipping", () => {
  test("keeps small gradients to the bit and scales large ones to the limit", () => {
    const gradients = tensors(draw(1));
    const norm = Math.sqrt(
      Object.values(values(gradients))
        .flatMap((x) => [...x])
        .reduce((sum, x) => sum + x * x, 0),
    );
    const loose = clipByGlobalNorm(gradients, norm * 1.01);
    expect(values(loose.gradients)).toEqual(values(gradients));
    expect(loose.norm.dataSync()[0]).toBeCloseTo(norm, 4);
    const tight = clipByGlobalNorm(gradients, norm / 4);
    for (const [name, clipped] of Object.entries(values(tight.gradients))) {
      expect(
        largestGap(
          clipped,
          values(gradients)[name]!.map((x) => x / 4),
        ),
      ).toBeLessThan(1e-6);
    }
  });

  test("gives 0 for no gradients and for zeros, and says where a gradient is not finite", () => {
    expect(clipByGlobalNorm({}, 1).norm.dataSync()[0]).toBe(0);
    const zero = clipByGlobalNorm({ a: tf.zeros([3]) }, 1);
    expect([zero.norm.dataSync()[0], ...zero.gradients["a"]!.dataSync()]).toEqual([0, 0, 0, 0]);
    expect(clipByGlobalNorm({ a: tf.tensor1d([Number.NaN]) }, 1).norm.dataSync()[0]).toBeNaN();
  });

  test("leaks nothing", () => {
    const gradients = tensors(draw(1));
    const before = tf.memory().numTensors;
    const clipped = clipByGlobalNorm(gradients, 1);
    tf.dispose([clipped.gradients, clipped.norm]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
