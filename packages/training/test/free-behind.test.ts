import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, lossGradients } from "../src/index.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const draw = (seed: number, shape: number[]): tf.Tensor => {
  const random = createRandom(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 2 * random() - 1),
    shape,
  );
};

/** Passes its gradient on as it came, to one input or to both. */
const passOn = tf.customGrad((a) => ({ value: tf.clone(a as tf.Tensor), gradFunc: (dy: tf.Tensor) => [dy] }));
const passToBoth = tf.customGrad((a, b) => ({
  value: tf.add(a as tf.Tensor, b as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => {
    const both = tf.mul(dy, 1);
    return [both, both];
  },
}));

const losses: [string, (w: tf.Tensor, v: tf.Tensor, x: tf.Tensor) => tf.Tensor][] = [
  ["a chain", (w, v, x) => tf.relu(tf.matMul(tf.sigmoid(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)), v as tf.Tensor2D))],
  [
    "a value that is used several times",
    (w, v, x) => {
      const h = tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
      return tf.add(tf.mul(h, h), tf.sub(tf.matMul(h as tf.Tensor2D, v as tf.Tensor2D), tf.square(h)));
    },
  ],
  ["several outputs", (w, v) => tf.add(tf.split(tf.concat([w, v], 1), 2, 1)[0]!, tf.unstack(tf.stack([v, tf.exp(w)]))[1]!)],
  ["a gradient that is passed on as it came", (w, v) => tf.mul(passOn(passOn(tf.mul(w, v))), passOn(w))],
  ["a gradient that two inputs share", (w, v) => tf.square(passToBoth(tf.square(passToBoth(w, tf.square(v))), tf.mul(w, v)))],
  ["an operator beside the way", (w, v, x) => tf.add(tf.mul(w, v), tf.sum(tf.square(x)))],
];

describe("gradients of variables are those of tf.variableGrads to the bit, and no tensor is left behind", () => {
  test.each(losses)("%s", (_, f) => {
    const variables = { w: tf.variable(draw(1, [6, 6])), v: tf.variable(draw(2, [6, 6])) };
    const x = draw(3, [6, 6]);
    const loss = (): tf.Scalar => tf.sum(f(variables.w, variables.v, x));
    const stock = tf.variableGrads(loss, Object.values(variables));
    const before = tf.memory().numTensors;
    const { value, gradients } = lossGradients(loss, variables);
    expect(tf.memory().numTensors).toBe(before + 3);
    expect(value.dataSync()).toEqual(stock.value.dataSync());
    for (const [name, variable] of Object.entries(variables)) {
      expect(gradients[name]!.dataSync()).toEqual(stock.grads[variable.name]!.dataSync());
    }
  });
});

test("the backward pass of a deep chain needs less memory from operator to operator", async () => {
  const w = tf.variable(draw(1, [64, 64]));
  const depth = 20;
  const loss = (): tf.Scalar => {
    let h: tf.Tensor = w;
    for (let i = 0; i < depth; i++) h = tf.sigmoid(h);
    return tf.sum(h);
  };
  /** Tensors of the size of w at the first and at the last operator of the backward pass. */
  const heldBy = async (run: () => unknown): Promise<[number, number]> => {
    const before = tf.memory().numBytes;
    const { kernels } = await tf.profile(() => tf.tidy(() => void run()));
    const backward = kernels.slice(kernels.findIndex(({ name }) => name === "Sum") + 1);
    return [backward[0]!, backward.at(-1)!].map(({ totalBytesSnapshot }) => (totalBytesSnapshot - before) / (4 * w.size)) as [
      number,
      number,
    ];
  };
  const [first, last] = await heldBy(() => tf.variableGrads(loss, [w]));
  expect(first).toBeGreaterThan(depth);
  expect(last).toBeGreaterThan(2 * depth);
  const ours = await heldBy(() => lossGradients(loss, { w }));
  expect(ours[0]).toBeGreaterThan(depth);
  expect(ours[1]).toBeLessThan(8);
});

test("inside another differentiation the tape is left alone", () => {
  const w = tf.variable(tf.scalar(3));
  const outer = tf.grad((x) => {
    const { gradients } = lossGradients(() => tf.mul(tf.square(w), x) as tf.Scalar, { w });
    return tf.mul(x, gradients["w"]!);
  });
  // d/dx of x · 2wx
  expect(outer(tf.scalar(2)).dataSync()[0]).toBe(24);
});
