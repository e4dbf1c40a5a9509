import type * as tf from "@tensorflow/tfjs-core";

/** One operator with the inputs that its answers in answers.ts were computed for. */
export interface Operator {
  name: string;
  /** Shapes of the inputs, which `inputsOf` fills. */
  inputs: number[][];
  /** Maps −1..1 to the operator's domain; the same map is in make-answers.py. */
  domain?: "positive";
  run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Whether the gradients by all inputs are asked for. */
  hasGradient: boolean;
}

type Details = Partial<Pick<Operator, "domain" | "hasGradient">>;

/** An operator of one input. */
export const unary = (name: string, input: number[], run: (x: tf.Tensor) => tf.Tensor, details: Details = {}): Operator => ({
  name,
  inputs: [input],
  run: (x) => run(x!),
  hasGradient: true,
  ...details,
});

/** An operator of two inputs. */
export const binary = (
  name: string,
  a: number[],
  b: number[],
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  details: Details = {},
): Operator => ({
  name,
  inputs: [a, b],
  run: (first, second) => run(first!, second!),
  hasGradient: true,
  ...details,
});

/** What has no gradient, or is not asked for one. */
export const valueOnly = { hasGradient: false } as const;

/** Values in −1..1 that depend on the seed only, in exact integer arithmetic, so that every language makes the same. */
export function inputValues(count: number, seed: number): Float32Array {
  let state = (Math.imul(seed, 0x9e3779b1) + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // 24 bits: exact in float32.
    return (state >>> 8) / 2 ** 23 - 1;
  });
}
