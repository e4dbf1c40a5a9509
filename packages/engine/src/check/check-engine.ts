import * as tf from "@tensorflow/tfjs-core";
import { reasonOf } from "../errors.js";
import { answers } from "./answers.js";
import { inputValues, type Operator } from "./operator.js";
import { operators } from "./operators.js";

/** What checking one operator gave. */
export interface OperatorCheck {
  operator: string;
  /** "missing": the engine has no kernel, or TensorFlow.js no gradient, for it. */
  status: "right" | "wrong" | "missing";
  /** What differs, or what the engine said. */
  error?: string;
}

/** The largest difference that counts as float32's rounding, as a part of the largest expected value. */
const tolerance = 1e-4;

/** tf.grads needs at least one tensor that the result depends on. */
type Loss = (...inputs: tf.Tensor[]) => tf.Scalar;

/**
 * Runs the operators that the project needs, and their gradients, on the active backend and compares them with stored answers.
 *
 * The answers come from NumPy in float64, the gradients from finite differences there; an operator is right when every value agrees to 1e-4 of
 * the largest. Takes well under a second except on an engine that compiles its kernels. The application imports `@tensorflow/tfjs`, which
 * registers the gradients.
 *
 * @returns one entry for each operator, in a fixed order
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { checkEngine, chooseEngine } from "@gleaner/engine";
 * await chooseEngine({ prefer: "wasm" });
 * const checks = await checkEngine();
 * checks.filter(({ status }) => status !== "right"); // => []
 * ```
 */
export async function checkEngine(): Promise<OperatorCheck[]> {
  const checks: OperatorCheck[] = [];
  for (const operator of operators) {
    leaveJunk();
    checks.push(await check(operator));
  }
  return checks;
}

/** Kernels that rely on fresh memory being zero are right in a fresh engine only; so leave large numbers in what is free. */
function leaveJunk(): void {
  tf.dispose([8, 32, 128, 512, 2048].flatMap((size) => [1, 2, 3, 4, 5, 6].map(() => tf.fill([size], 1e6))));
}

async function check(operator: Operator): Promise<OperatorCheck> {
  const expected = decode(answers[operator.name]!);
  const results: tf.Tensor[] = [];
  try {
    tf.tidy(() => results.push(...run(operator).map((tensor) => tf.keep(tensor))));
    let offset = 0;
    for (const [i, result] of results.entries()) {
      const part = expected.subarray(offset, (offset += result.size));
      const fault = differenceOf(await result.data(), part);
      if (fault)
        return { operator: operator.name, status: "wrong", error: `${i === 0 ? "The value" : `The gradient by input ${i}`} ${fault}.` };
    }
    if (offset !== expected.length)
      return { operator: operator.name, status: "wrong", error: `There are ${offset} values, expected ${expected.length}.` };
    return { operator: operator.name, status: "right" };
  } catch (error) {
    const reason = reasonOf(error);
    const isMissing = /not registered|not found|not (yet )?(supported|implemented)|unsupported/i.test(reason);
    return { operator: operator.name, status: isMissing ? "missing" : "wrong", error: `${reason}.` };
  } finally {
    tf.dispose(results);
  }
}

/** The value, and the gradients of Σ value · weights by each input. */
function run({ inputs, domain, run: apply, hasGradient }: Operator): tf.Tensor[] {
  const tensors = inputs.map((shape, i) => {
    const values = inputValues(tf.util.sizeFromShape(shape), 1 + i);
    return tf.tensor(domain === "positive" ? values.map((value) => 0.1 + Math.abs(value)) : values, shape);
  });
  const value = apply(...tensors);
  if (!hasGradient) return [value];
  const weights = tf.tensor(inputValues(value.size, 77), value.shape);
  const loss: Loss = (...all) => tf.sum(tf.mul(apply(...all), weights));
  return [value, ...tf.grads(loss)(tensors)];
}

function differenceOf(actual: ArrayLike<number>, expected: Float32Array): string | undefined {
  if (actual.length !== expected.length) return `has ${actual.length} values, expected ${expected.length}`;
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
  let worst = 0;
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs(actual[i]! - value) / scale;
    if (Number.isNaN(difference)) return "is not a number";
    worst = Math.max(worst, difference);
  }
  return worst > tolerance ? `differs by ${worst.toPrecision(2)} of the largest` : undefined;
}

function decode(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
