import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { stride2Conv3d } from "../src/stride-2-conv3d.js";

test.each([
  { k: 2, c: 3, filters: 2, shape: [2, 4, 6, 2] },
  { k: 4, c: 1, filters: 3, shape: [1, 6, 4, 8] },
  { k: 4, c: 2, filters: 1, shape: [2, 2, 4, 4] },
  { k: 6, c: 1, filters: 2, shape: [1, 6, 6, 6] },
])("kernel $k of $c channels gives the values and the gradients of a convolution at stride 2", ({ k, c, filters, shape }) => {
  const x = tf.randomNormal<tf.Rank.R5>([...shape, c] as [number, number, number, number, number], 0, 1, "float32", 1);
  const kernel = tf.randomNormal<tf.Rank.R5>([k, k, k, c, filters], 0, 1, "float32", 2);
  const dy = tf.randomNormal<tf.Rank.R5>([shape[0]!, shape[1]! / 2, shape[2]! / 2, shape[3]! / 2, filters], 0, 1, "float32", 3);
  const close = (a: tf.Tensor, b: tf.Tensor): void => {
    expect(a.shape).toEqual(b.shape);
    const [actual, expected] = [a.dataSync(), b.dataSync()];
    for (let i = 0; i < actual.length; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(1e-4);
  };
  const strided = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 2, "same");
  const blocked = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => stride2Conv3d(a as tf.Tensor5D, b as tf.Tensor5D);
  close(blocked(x, kernel), strided(x, kernel));
  const [dxExpected, dwExpected] = tf.grads(strided)([x, kernel], dy) as [tf.Tensor, tf.Tensor];
  const [dx, dw] = tf.grads(blocked)([x, kernel], dy) as [tf.Tensor, tf.Tensor];
  close(dx, dxExpected);
  close(dw, dwExpected);
});
