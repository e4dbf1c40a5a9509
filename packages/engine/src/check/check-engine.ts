import * as tf from "@tensorflow/tfjs-core";
import { reasonOf } from "../errors.js";
import { decodeAnswer, differenceOf } from "./answer.js";
import { answers } from "./answers.js";
import { inputValues, type Operator } from "./operator.js";
import { operators } from "./operators.js";

/** What checking one operator gave. */
export interface OperatorCheck {
  operator: string;
  /** "missing": the engine has no kernel, or TensorFlow.js no gradient, for it. */
  status: "right" | "wrong" | "missing";
  /** The largest difference of its value and gradients, each as a part of the largest number expected there; none where nothing can be compared. */
  largestError?: number;
  /** What differs, or what the engine said. */
  error?: string;
}

export interface CheckEngineOptions {
  /** Only the operators whose names contain this, such as "conv3d". Default: all. */
  only?: string;
  /** Is called after each operator with what it gave, how many are done, and how many there are. */
  onOperator?: (check: OperatorCheck, done: number, total: number) => void;
  /** Stops before the next operator. */
  signal?: AbortSignal;
}

/** The largest difference that counts as float32's rounding, as a part of the largest expected value. */
const tolerance = 1e-4;

/** tf.grads needs at least one tensor that the result depends on. */
type Loss = (...inputs: tf.Tensor[]) => tf.Scalar;

/**
 * Runs the operators that the project needs, and their gradients, on the active backend and compares them with stored answers.
 *
 * The answers come from NumPy in float64, the gradients from finite differences there; an operator is right when every value agrees to 1e-4 of
 * the largest. The memory that is free holds large numbers meanwhile, since some kernels rely on zeros there. Results are fetched without
 * blocking, as WebGPU and WebGL need it. Takes about a second except on an engine that compiles its kernels. The application imports
 * `@tensorflow/tfjs`, which registers the gradients.
 *
 * @returns one entry for each operator, in a fixed order
 * @throws RangeError when no operator's name contains `only`
 * @throws the reason of `signal` once it is aborted
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { checkEngine, chooseEngine } from "@gleaner/engine";
 * await chooseEngine({ prefer: "wasm" });
 * const checks = await checkEngine({ only: "conv3d" });
 * checks.filter(({ status }) => status !== "right"); // => []
 * checks[0].operator; // => "conv3d 1×1×1"
 * ```
 */
export async function checkEngine({ only = "", onOperator, signal }: CheckEngineOptions = {}): Promise<OperatorCheck[]> {
  const chosen = operators.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) throw new RangeError(`only is "${only}", expected a part of an operator's name such as "conv3d".`);
  const checks: OperatorCheck[] = [];
  for (const operator of chosen) {
    signal?.throwIfAborted();
    leaveJunk();
    checks.push(await check(operator));
    onOperator?.(checks.at(-1)!, checks.length, chosen.length);
  }
  return checks;
}

/** Kernels that rely on fresh memory being zero are right in a fresh engine only; so leave large numbers in what is free. */
function leaveJunk(): void {
  tf.dispose([8, 32, 128, 512, 2048].flatMap((size) => [1, 2, 3, 4, 5, 6].map(() => tf.fill([size], 1e6))));
}

async function check({ name, ...operator }: Operator): Promise<OperatorCheck> {
  const expected = decodeAnswer(answers[name]!);
  const results: tf.Tensor[] = [];
  try {
    tf.tidy(() => results.push(...run(operator).map((tensor) => tf.keep(tensor))));
    const count = results.reduce((sum, { size }) => sum + size, 0);
    if (count !== expected.length)
      return { operator: name, status: "wrong", error: `There are ${count} values, expected ${expected.length}.` };
    const errors: number[] = [];
    let offset = 0;
    for (const result of results) {
      errors.push(differenceOf(await result.data(), expected.subarray(offset, (offset += result.size))));
    }
    return judge(name, errors);
  } catch (error) {
    const reason = reasonOf(error);
    const isMissing = /not registered|not found|not (yet )?(supported|implemented)|unsupported/i.test(reason);
    return { operator: name, status: isMissing ? "missing" : "wrong", error: `${reason}.` };
  } finally {
    tf.dispose(results);
  }
}

/** The errors are those of the value and of the gradient by each input. */
function judge(operator: string, errors: readonly number[]): OperatorCheck {
  const worst = errors.findIndex(Number.isNaN);
  if (worst >= 0) return { operator, status: "wrong", error: `${partOf(worst)} is not a number.` };
  const largestError = Math.max(...errors);
  if (largestError <= tolerance) return { operator, status: "right", largestError };
  const part = partOf(errors.indexOf(largestError));
  return { operator, status: "wrong", largestError, error: `${part} differs by ${largestError.toPrecision(2)} of the largest.` };
}

const partOf = (index: number): string => (index === 0 ? "The value" : `The gradient by input ${index}`);

/** The value, and the gradients of Σ value · weights by each input. */
function run({ inputs, domain, run: apply, hasGradient }: Omit<Operator, "name">): tf.Tensor[] {
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
