// The options of loading are read once in a process, so those that differ from the other tests' have this file, and its process, to themselves.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { numbers } from "../../../test/double.js";
import { loadNative, type NativeEngine, useNativeKernels } from "../src/index.js";
import { paired, withEngine } from "./support/engine.js";

/** Whether this processor multiplies in bfloat16: with AVX512-BF16 alone oneDNN leaves float32 as it is. */
const hasBfloat16 = (() => {
  try {
    return /\bamx_bf16\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
})();

describe.runIf(paired)(withEngine("options: one thread, bfloat16, deterministic, all memory of a GPU at once"), () => {
  let engine: NativeEngine;
  beforeAll(async () => {
    engine = await loadNative({ threads: 1, bfloat16: true, deterministic: true, memoryGrowth: false, logLevel: 1 });
    useNativeKernels();
  });

  test("are TensorFlow's variables", () => {
    expect(engine.threads).toBe(1);
    const { TF_NUM_INTRAOP_THREADS, TF_SET_ONEDNN_FPMATH_MODE, TF_DETERMINISTIC_OPS, TF_FORCE_GPU_ALLOW_GROWTH, TF_CPP_MIN_LOG_LEVEL } =
      process.env;
    expect([TF_NUM_INTRAOP_THREADS, TF_SET_ONEDNN_FPMATH_MODE, TF_DETERMINISTIC_OPS, TF_CPP_MIN_LOG_LEVEL]).toEqual([
      "1",
      "BF16",
      "1",
      "1",
    ]);
    expect(TF_FORCE_GPU_ALLOW_GROWTH).toBeUndefined();
  });

  const shape: [number, number, number, number, number] = [1, 8, 8, 8, 16];
  const x = (): tf.Tensor5D => tf.tensor5d(numbers(8 ** 3 * 16, 1), shape);
  const w = (): tf.Tensor5D => tf.tensor5d(numbers(27 * 16 * 16, 2), [3, 3, 3, 16, 16]);

  test(`bfloat16 keeps 8 bits of the factors${hasBfloat16 ? "" : " (not on this processor: float32 stays)"}`, () => {
    const y = tf.conv3d(x(), w(), 1, "same").dataSync();
    const [input, filter] = [x().dataSync(), w().dataSync()];
    // The voxel at [4, 4, 4], channel 0, in double precision.
    let [expected, size] = [0, 0];
    for (let tap = 0; tap < 27; tap++) {
      const [z, row, column] = [Math.floor(tap / 9), Math.floor(tap / 3) % 3, tap % 3].map((i) => i + 3) as [number, number, number];
      for (let c = 0; c < 16; c++) {
        const product = input[((z * 8 + row) * 8 + column) * 16 + c]! * filter[(tap * 16 + c) * 16]!;
        expected += product;
        size += Math.abs(product);
      }
    }
    const error = Math.abs(y[((4 * 8 + 4) * 8 + 4) * 16]! - expected) / size;
    expect(error).toBeLessThan(hasBfloat16 ? 2 ** -8 : 1e-6);
    if (hasBfloat16) expect(error).toBeGreaterThan(1e-7);
  });

  test("the same step gives the same bits", () => {
    const step = (): Float32Array[] =>
      tf
        .grads((a, b) => tf.sum(tf.square(tf.relu(tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, "same")))))([x(), w()])
        .map((t) => t.dataSync() as Float32Array);
    expect(step()).toEqual(step());
  });

  test.runIf(process.platform === "linux")("pages of a library are given back and read again, and an unknown name gives none", () => {
    const { releasePages } = createRequire(import.meta.url)(join(engine.pairing.binding, "pages.node")) as {
      releasePages: (name?: string) => number;
    };
    expect(releasePages("libtensorflow")).toBeGreaterThan(1e8);
    expect(Array.from(tf.add(tf.tensor1d([1, 2]), 1).dataSync())).toEqual([2, 3]);
    expect(releasePages("no such library")).toBe(0);
    expect(releasePages("")).toBe(0);
    expect(releasePages()).toBe(0);
  });
});
