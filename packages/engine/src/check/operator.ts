import type * as tf from "@tensorflow/tfjs-core";

/** One operator with the inputs that its answers in answers.ts were computed for. */
export interface Operator {
  name: string;
  /** Shapes of the inputs, which `inputValues` fills. */
  inputs: number[][];
  /** Maps −1..1 to the operator's domain; the same map is in make-answers.py. */
  domain?: "positive";
  run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Whether the gradients by all inputs are asked for. */
  hasGradient: boolean;
}

/** Values in −1..1 that depend on the seed only, in exact integer arithmetic, so that every language makes the same. */
export function inputValues(count: number, seed: number): Float32Array {
  let state = (Math.imul(seed, 0x9e3779b1) + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // 24 bits: exact in float32.
    return (state >>> 8) / 2 ** 23 - 1;
  });
}
