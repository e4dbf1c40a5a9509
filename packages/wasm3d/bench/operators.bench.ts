// Milliseconds of what a training step needs beside convolutions, stock kernels and this package's, in one run: pnpm bench
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { test } from "vitest";
import { registerWasm3d } from "../src/index.js";
import { bestOf } from "./best-of.js";

const shape: [number, number, number, number, number] = [2, 32, 32, 32, 16];
const [groups, channels, positions] = [8, 16, 32 ** 3];

/** Group norm, and ReLU unless told, of tfjs-core's operators. */
function composed(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, relu = true): tf.Tensor {
  const grouped = tf.reshape(x, [shape[0], positions, groups, channels / groups]);
  const centered = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centered), [1, 3], true), 1e-5));
  const y = tf.add(tf.mul(tf.reshape(tf.mul(centered, inverse), shape), gamma), beta);
  return relu ? tf.relu(y) : y;
}

/** Nearest upsampling of TensorFlow.js's operators: doubles x, then y, then z. */
function upsampled(v: tf.Tensor): tf.Tensor {
  const twice = (t: tf.Tensor, rows: number): tf.Tensor => tf.concat([tf.reshape(t, [rows, -1]), tf.reshape(t, [rows, -1])], 1);
  const [n, d, h, w, c] = v.shape as typeof shape;
  return tf.reshape(twice(twice(twice(v, n * d * h * w), n * d * h), n * d), [n, 2 * d, 2 * h, 2 * w, c]);
}

const attributes = { groups, epsilon: 1e-5, relu: true } as unknown as tf.NamedAttrMap;
const run = (name: string, inputs: Record<string, tf.Tensor>): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, attributes) as tf.Tensor[];

test("milliseconds at 2 × 32³ × 16, stock → this package", async () => {
  await tf.setBackend("wasm");
  const [x, dy, residual] = [tf.randomNormal(shape), tf.randomNormal(shape), tf.randomNormal(shape)];
  const [gamma, beta] = [tf.randomNormal([channels]), tf.randomNormal([channels])];
  const small = tf.randomNormal([2, 16, 16, 16, 16]);
  const rows = tf.randomNormal([2 * positions, channels]);
  const [right, out] = [tf.randomNormal([channels, 32]), tf.randomNormal([2 * positions, 32])];
  const work: Record<string, () => unknown> = {
    "sum for the gradient of a bias": () => tf.sum(x, [0, 1, 2, 3]),
    "product, gradient by the left side": () => tf.matMul(out, right, false, true),
    "product, gradient by the right side": () => tf.matMul(rows, out, true, false),
    "group norm with ReLU": () => composed(x, gamma, beta),
    "group norm with ReLU and its gradient": () => tf.grads((x, gamma, beta) => composed(x!, gamma!, beta!))([x, gamma, beta], dy),
    "group norm, residual and ReLU, and their gradient": () => {
      const work = (...[x, gamma, beta, residual]: tf.Tensor[]) => tf.relu(tf.add(composed(x!, gamma!, beta!, false), residual!));
      tf.grads(work as (...args: tf.Tensor[]) => tf.Tensor)([x, gamma, beta, residual], dy);
    },
    "nearest upsampling and its gradient": () => tf.valueAndGrad(upsampled)(small, dy),
  };
  const measure = (what: Record<string, () => unknown>): Record<string, number> =>
    Object.fromEntries(Object.entries(what).map(([name, go]) => [name, 1000 * bestOf(5, go)]));
  const stock = measure(work);
  registerWasm3d();
  const ours = measure({
    ...work,
    "group norm with ReLU": () => run("GleanerGroupNorm", { x, gamma, beta }),
    "group norm with ReLU and its gradient": () => {
      const [, statistics] = run("GleanerGroupNorm", { x, gamma, beta });
      run("GleanerGroupNormGrad", { dy, x, gamma, beta, statistics: statistics! });
    },
    "group norm, residual and ReLU, and their gradient": () => {
      const [y, statistics] = run("GleanerGroupNormAddRelu", { x, gamma, beta, residual });
      run("GleanerGroupNormAddReluGrad", { dy, x, gamma, beta, statistics: statistics!, y: y! });
    },
    "nearest upsampling and its gradient": () => {
      run("GleanerUpsampleNearest3d", { x: small });
      run("GleanerUpsampleNearest3dGrad", { dy });
    },
  });
  console.table(
    Object.keys(work).map((name) => ({
      "": name,
      ms: `${stock[name]!.toFixed(1)} → ${ours[name]!.toFixed(1)} (×${Math.round(stock[name]! / ours[name]!)})`,
    })),
  );
});
