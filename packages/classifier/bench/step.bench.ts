// One training step on each engine that is here, then the native one beside PyTorch (step.mjs says what that needs): pnpm bench
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { test } from "vitest";
import { createSmallCnn, createWideResNet } from "../src/index.js";
import { backends } from "../test/backends.js";

const minutes = 60_000;
const networks: [name: string, create: () => tf.LayersModel, shape: [number, number, number, number]][] = [
  ["small network, 120 of 8 × 8 × 1", () => createSmallCnn({ inputShape: [8, 8, 1], classes: 10 }), [120, 8, 8, 1]],
  ["small network, 120 of 28 × 28 × 1", () => createSmallCnn({ inputShape: [28, 28, 1], classes: 10 }), [120, 28, 28, 1]],
  ["WRN-10-1, 24 of 32 × 32 × 3", () => createWideResNet({ classes: 10, depth: 10, widen: 1 }), [24, 32, 32, 3]],
];

test("forward and backward, best of 5, ms", { timeout: 10 * minutes }, async () => {
  const rows: Record<string, Record<string, string>> = {};
  for (const [engine, start] of backends.filter(([name]) => name !== "cpu")) {
    await start();
    for (const [name, create, shape] of networks) {
      const model = create();
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const x = tf.randomUniform(shape);
      const times = Array.from({ length: 5 }, () => {
        const begin = performance.now();
        const { value, grads } = tf.variableGrads(
          () => tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor)) as tf.Scalar,
          variables,
        );
        value.dataSync();
        tf.dispose([value, grads]);
        return performance.now() - begin;
      });
      rows[name] = { ...rows[name], [engine]: Math.min(...times).toFixed(0) };
      x.dispose();
      model.dispose();
    }
  }
  console.table(rows);
});

test("a FlexMatch step of WRN-28-2 beside PyTorch", { timeout: 30 * minutes }, () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("step.mjs", import.meta.url))], { stdio: "inherit" });
});
