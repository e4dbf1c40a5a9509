import * as tf from "@tensorflow/tfjs-core";
import { freeBehind } from "./free-behind.js";

/** What is needed of a weight of a tfjs-layers model. */
export interface NamedWeight {
  readonly name: string;
  /** The name before tfjs made it unique in the process; tfjs-layers weights have it. */
  readonly originalName?: string;
  readonly trainable: boolean;
  /** The live variable. */
  read(): tf.Tensor;
}

/** What is needed of a tfjs-layers model. */
export interface WeightOwner {
  readonly weights: readonly NamedWeight[];
}

export interface NamedVariablesOptions {
  /** `"trainable"` for the optimizer, `"fixed"` for running statistics, `"all"` (default) for checkpoints. */
  which?: "all" | "trainable" | "fixed";
}

/**
 * The variables of a model by stable, unique names, in the order of the model.
 *
 * tfjs makes names unique in a process by a suffix, so that a second model of the same kind gets other names. These names are those the
 * layers gave; where a model repeats one, the second gets `#2`, the third `#3`. They are the same for every choice of `which`.
 * Layers without a name of their own are numbered by tfjs through the process: name the layers of a model that is saved.
 *
 * @returns live variables; they belong to the model
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { namedVariables } from "@gleaner/training";
 * const model = tf.sequential({ layers: [tf.layers.dense({ name: "head", units: 2, inputShape: [3] })] });
 * Object.keys(namedVariables(model)); // => ["head/kernel", "head/bias"]
 * ```
 */
export function namedVariables(model: WeightOwner, options: NamedVariablesOptions = {}): Record<string, tf.Variable> {
  const { which = "all" } = options;
  const taken = new Set<string>();
  const named: [string, tf.Variable][] = [];
  for (const weight of model.weights) {
    const base = weight.originalName ?? weight.name;
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}#${count}`;
    taken.add(name);
    if (which === "all" || weight.trainable === (which === "trainable")) named.push([name, weight.read() as tf.Variable]);
  }
  return Object.fromEntries(named);
}

/** The value of a loss and its gradients by the names of the variables. */
export interface LossGradients {
  value: tf.Scalar;
  /** A variable that the loss does not depend on has no entry. */
  gradients: Record<string, tf.Tensor>;
}

/**
 * Computes a loss and its gradients with the names of `namedVariables` (`tf.variableGrads` with names that are the same in every process, and in
 * less memory: what the backward pass is done with is freed at once).
 *
 * @param loss gives a scalar; other tensors it makes are gone afterward unless it keeps them (`tf.keep`)
 * @param variables trainable variables by name
 * @returns tensors that belong to the caller
 * @throws Error from tfjs if the loss depends on none of the variables, or is not a scalar
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { lossGradients } from "@gleaner/training";
 * const x = tf.variable(tf.scalar(3));
 * const { value, gradients } = lossGradients(() => tf.square(x), { x });
 * value; // => 9
 * gradients["x"]; // => 6
 * ```
 */
export function lossGradients(loss: () => tf.Scalar, variables: Readonly<Record<string, tf.Variable>>): LossGradients {
  const entries = Object.entries(variables);
  const { value, grads } = tf.variableGrads(
    () => {
      const value = loss();
      freeBehind();
      return value;
    },
    entries.map(([, variable]) => variable),
  );
  const gradients = entries.flatMap(([name, variable]) => (grads[variable.name] ? [[name, grads[variable.name]!] as const] : []));
  return { value, gradients: Object.fromEntries(gradients) };
}
