import * as tf from "@tensorflow/tfjs-core";
import type { TensorValues } from "./checkpoint.js";

/**
 * Reads tensors from the device as plain data, for a checkpoint.
 *
 * @param tensors of type float32, int32 or bool, by name; they stay the caller's
 * @throws TypeError for a tensor of another type
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { readTensors } from "@gleaner/training";
 * await readTensors({ w: tf.tensor1d([1, 2]) }); // => { w: { dtype: "F32", shape: [2], data: [1, 2] } }
 * ```
 */
export async function readTensors(tensors: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, TensorValues>> {
  const entries = Object.entries(tensors).map(async ([name, tensor]): Promise<[string, TensorValues]> => {
    const dtype = ({ float32: "F32", int32: "I32", bool: "BOOL" } as const)[tensor.dtype as "float32"];
    if (!dtype) throw new TypeError(`tensor ${name}: the type ${tensor.dtype} is not kept, float32, int32 and bool are`);
    // A copy: on the cpu backend `data` is the tensor's own memory.
    return [name, { dtype, shape: [...tensor.shape], data: (await tensor.data()).slice() }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Makes tensors of a checkpoint's plain data.
 *
 * @returns tensors by name, owned by the caller
 * @throws TypeError for an element type that tfjs has not (F64, I8, U8, I16, U16, U32)
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { createTensors } from "@gleaner/training";
 * createTensors({ w: { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) } })["w"]; // => [1, 2]
 * ```
 */
export function createTensors(values: Readonly<Record<string, TensorValues>>): Record<string, tf.Tensor> {
  const entries = Object.entries(values);
  for (const [name, { dtype }] of entries) {
    if (dtype !== "F32" && dtype !== "I32" && dtype !== "BOOL") throw new TypeError(`tensor ${name}: tfjs has no tensors of ${dtype}`);
  }
  return Object.fromEntries(
    entries.map(([name, { dtype, shape, data }]) => {
      const type = ({ F32: "float32", I32: "int32", BOOL: "bool" } as const)[dtype as "F32"];
      return [name, tf.tensor(data as Float32Array, [...shape], type)];
    }),
  );
}

/**
 * Puts tensors into the variables of the same names. Nothing is changed unless all fit.
 *
 * @param variables live variables by name, as of `namedVariables`
 * @param tensors one for each variable; they stay the caller's
 * @throws RangeError if a variable has no tensor, a tensor no variable, or a shape differs
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { assignVariables } from "@gleaner/training";
 * const w = tf.variable(tf.zeros([2]));
 * assignVariables({ w }, { w: tf.tensor1d([1, 2]) });
 * w; // => [1, 2]
 * ```
 */
export function assignVariables(variables: Readonly<Record<string, tf.Variable>>, tensors: Readonly<Record<string, tf.Tensor>>): void {
  for (const [name, variable] of Object.entries(variables)) {
    const tensor = tensors[name];
    if (!tensor) throw new RangeError(`there is no tensor for the variable ${name}`);
    if (tensor.shape.join() !== variable.shape.join() || tensor.dtype !== variable.dtype) {
      throw new RangeError(
        `the tensor ${name} is ${tensor.dtype} [${tensor.shape}] but the variable is ${variable.dtype} [${variable.shape}]`,
      );
    }
  }
  const extra = Object.keys(tensors).find((name) => !variables[name]);
  if (extra !== undefined) throw new RangeError(`there is no variable for the tensor ${extra}`);
  for (const [name, variable] of Object.entries(variables)) variable.assign(tensors[name]!);
}
