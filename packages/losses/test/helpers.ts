import "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect } from "vitest";

/** Runs a suite on both backends that npm alone gives in Node, and demands that it leaves no tensor behind. */
export function onEachBackend(suite: () => void): void {
  describe.each(["cpu", "wasm"])("on %s", (backend) => {
    let before = 0;
    beforeAll(async () => {
      expect(await tf.setBackend(backend)).toBe(true);
      before = tf.memory().numTensors;
    });
    afterAll(() => expect(tf.memory().numTensors).toBe(before));
    suite();
  });
}

/** The values of a tensor, which is disposed. */
export function take(tensor: tf.Tensor): number[] {
  const values = Array.from(tensor.dataSync());
  tensor.dispose();
  return values;
}

/** The value of `f` and the gradient of its sum by `x`. */
export function valueAndGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): { value: number[]; gradient: number[] } {
  const gradient = take(tf.tidy(() => tf.grad((t: tf.Tensor) => tf.sum(f(t)))(x)));
  return { value: take(tf.tidy(() => f(x))), gradient };
}

/** Asserts |actual − expected| ≤ absolute + relative·|expected|, element by element. */
export function expectClose(actual: readonly number[], expected: readonly number[], absolute: number, relative = 0): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) {
    const bound = absolute + relative * Math.abs(expected[i]!);
    if (!(Math.abs(value - expected[i]!) <= bound)) expect.fail(`element ${i} is ${value}; expected ${expected[i]} within ${bound}`);
  }
}
