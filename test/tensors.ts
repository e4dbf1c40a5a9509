// Helpers of tests about tensors. They take the test's own TensorFlow.js, since this folder depends on none.
import { afterAll, beforeAll, describe, expect } from "vitest";

/** What is used of `@tensorflow/tfjs-core`. */
interface Engine {
  setBackend(name: string): Promise<boolean>;
  memory(): { numTensors: number };
}

/** Runs a suite on both backends that npm alone gives in Node, and demands that it leaves no tensor behind. */
export function onEachBackend(tf: Engine, suite: () => void): void {
  describe.each(["cpu", "wasm"])("on %s", (backend) => {
    let before = 0;
    beforeAll(async () => {
      expect(await tf.setBackend(backend)).toBe(true);
      before = tf.memory().numTensors;
    });
    afterAll(() => expect(tf.memory().numTensors, "tensors left behind").toBe(before));
    suite();
  });
}

/** Asserts |actual − expected| ≤ absolute + relative·|expected|, element by element. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, absolute: number, relative = 0): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const bound = absolute + relative * Math.abs(expected[i]!);
    if (!(Math.abs(actual[i]! - expected[i]!) <= bound))
      expect.fail(`element ${i} is ${actual[i]}; expected ${expected[i]} within ${bound}`);
  }
}
