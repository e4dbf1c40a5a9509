import "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { onEachBackend as onEach } from "../../../test/tensors.js";

export { expectClose } from "../../../test/tensors.js";

export const onEachBackend = (suite: () => void): void => onEach(tf, suite);

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
