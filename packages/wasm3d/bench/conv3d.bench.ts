// GFLOP/s of this package's convolutions and of the stock ones, in one run: pnpm bench
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { test } from "vitest";
import { registerWasm3d } from "../src/index.js";
import { numbers, sizeOf } from "../test/wasm.js";
import { bestOf } from "./best-of.js";

const names = ["Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"] as const;
const shapes = [
  { size: 32, from: 16, to: 16, stride: 1 },
  { size: 32, from: 16, to: 32, stride: 2 },
  { size: 16, from: 32, to: 32, stride: 1 },
  { size: 8, from: 64, to: 64, stride: 1 },
];

test("GFLOP/s at batch 2 and 3×3×3 filters, stock → this package", async () => {
  await tf.setBackend("wasm");
  const stock = Object.fromEntries(names.map((name) => [name, tf.getKernel(name, "wasm").kernelFunc]));
  registerWasm3d();
  const rows = shapes.map(({ size, from, to, stride }) => {
    const out = size / stride;
    const [x, y, w] = [
      [2, size, size, size, from],
      [2, out, out, out, to],
      [3, 3, 3, from, to],
    ] as const;
    const random = (shape: readonly number[], seed: number): tf.Tensor => tf.tensor(numbers(sizeOf(shape), seed), [...shape]);
    const tensors = { x: random(x, 1), dy: random(y, 2), filter: random(w, 3) };
    const attrs = { strides: stride, dilations: 1, pad: "same", inputShape: [...x], filterShape: [...w] } as never;
    const work = (2 * 27 * from * to * 2 * out ** 3) / 1e9;
    const row: Record<string, string> = { "": `${size}³, ${from}→${to}, stride ${stride}` };
    for (const name of names) {
      const config = tf.getKernel(name, "wasm");
      const speed = (kernelFunc: typeof config.kernelFunc, rounds: number): number => {
        tf.unregisterKernel(name, "wasm");
        tf.registerKernel({ ...config, kernelFunc });
        return work / bestOf(rounds, () => tf.engine().runKernel(name, tensors, attrs));
      };
      const isWrong = name === "Conv3DBackpropInputV2" || (name === "Conv3DBackpropFilterV2" && stride > 1);
      const before = isWrong ? Number.NaN : speed(stock[name]!, 2);
      const after = speed(config.kernelFunc, 9);
      row[name] = isWrong ? `wrong → ${after.toFixed(1)}` : `${before.toFixed(2)} → ${after.toFixed(1)} (×${Math.round(after / before)})`;
    }
    tf.dispose(Object.values(tensors));
    return row;
  });
  console.table(rows);
});
