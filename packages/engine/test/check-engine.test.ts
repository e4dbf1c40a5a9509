import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { readFileSync } from "node:fs";
import { findNative } from "@gleaner/native";
import { describe, expect, test } from "vitest";
import { checkEngine, chooseEngine, type OperatorCheck } from "../src/index.js";

const faults = (checks: OperatorCheck[]): OperatorCheck[] => checks.filter(({ status }) => status !== "right");

// Before anything else in this file: it is the stock backend that is checked.
test("the stock WASM backend has the known faults, and they are found", async () => {
  await tf.setBackend("wasm");
  const checks = await checkEngine();
  const found = faults(checks);
  const count = (status: string): number => found.filter((one) => one.status === status).length;
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`runs ${checks.length} operators`);
  expect(readme).toContain(`${count("wrong")} of them wrong and ${count("missing")} missing`);
  expect(found.map(({ operator, status }) => `${status}: ${operator}`)).toMatchInlineSnapshot(`
    [
      "wrong: conv3d 1×1×1",
      "wrong: conv3d 3×3×3",
      "wrong: conv3d 3×3×3, batch 2",
      "wrong: conv3d 3×3×3, batch 2, valid",
      "wrong: conv3d 3×3×3, stride 2, batch 2",
      "wrong: conv3d 3×3×3, stride 2, odd sizes",
      "wrong: conv3d 3×3×3, stride 2, valid",
      "wrong: conv3d 4×4×4, stride 2",
      "wrong: conv3d 2×2×2, stride 2",
      "wrong: conv3d 1×1×1, stride 2",
      "missing: conv2d 1×1, stride 1",
      "missing: conv2d 1×1, stride 2",
      "missing: conv2d 3×3",
      "missing: conv2d 3×3, stride 2",
      "missing: conv2d 3×3, stride 2, valid",
      "missing: depthwise conv2d 3×3",
      "missing: depthwise conv2d 3×3, stride 2, two of each channel",
      "missing: conv2d with a bias and ReLU",
      "wrong: max pool 3D of values below zero",
      "wrong: max pool 2D",
      "wrong: max pool 2D, 2×2",
      "missing: gather, first axis",
      "missing: gather, first axis, rank 5",
      "missing: gather, middle axis",
      "wrong: gather, batched",
      "missing: unsortedSegmentSum",
    ]
  `);
  expect(found.find(({ operator }) => operator === "gather, first axis")?.error).toBe(
    "Kernel 'UnsortedSegmentSum' not registered for backend 'wasm'.",
  );
});

describe("every operator is right", () => {
  test("in plain JavaScript", async () => {
    await chooseEngine({ prefer: "cpu" });
    expect(faults(await checkEngine())).toEqual([]);
  });

  test("on WebAssembly with the kernels of @gleaner/wasm3d", async () => {
    await chooseEngine({ prefer: "wasm" });
    expect(faults(await checkEngine())).toEqual([]);
  });

  describe.runIf(findNative())("on the native engine (left out where no TensorFlow is paired)", () => {
    test("TensorFlow", async () => {
      await chooseEngine({ prefer: "native" });
      expect(faults(await checkEngine())).toEqual([]);
    });
  });
});

describe("options", () => {
  test("only takes the operators whose names contain a text", async () => {
    const checks = await checkEngine({ only: "softmax" });
    expect(checks.map(({ operator }) => operator)).toEqual(["softmax"]);
    await expect(checkEngine({ only: "Conv4D" })).rejects.toThrow(
      new RangeError(`only is "Conv4D", expected a part of an operator's name such as "conv3d".`),
    );
  });

  test("onOperator is told of each as it is done", async () => {
    const told: unknown[] = [];
    const checks = await checkEngine({ only: "topk", onOperator: (...all) => told.push(all) });
    expect(told).toEqual([
      [checks[0], 1, 2],
      [checks[1], 2, 2],
    ]);
  });

  test("signal stops before the next operator", async () => {
    const controller = new AbortController();
    const told: string[] = [];
    const onOperator = ({ operator }: OperatorCheck): void => {
      told.push(operator);
      controller.abort(new Error("enough"));
    };
    await expect(checkEngine({ onOperator, signal: controller.signal })).rejects.toThrow("enough");
    expect(told).toEqual(["conv3d 1×1×1"]);
  });
});

test("no tensor is left", async () => {
  await chooseEngine({ prefer: "wasm" });
  const { numTensors } = tf.memory();
  await checkEngine();
  expect(tf.memory().numTensors).toBe(numTensors);
});

test("a wrong kernel is told from a missing one", async () => {
  await chooseEngine({ prefer: "cpu" });
  const right = tf.getKernel("Relu", "cpu");
  tf.unregisterKernel("Relu", "cpu");
  const of = async (): Promise<OperatorCheck | undefined> =>
    (await checkEngine({ only: "relu" })).find(({ operator }) => operator === "relu");
  const become = (kernelFunc: tf.KernelFunc): void => {
    if (tf.getKernel("Relu", "cpu")) tf.unregisterKernel("Relu", "cpu");
    tf.registerKernel({ kernelName: "Relu", backendName: "cpu", kernelFunc });
  };
  try {
    expect(await of()).toEqual({ operator: "relu", status: "missing", error: "Kernel 'Relu' not registered for backend 'cpu'." });
    become(tf.getKernel("Neg", "cpu").kernelFunc);
    const wrong = await of();
    expect(wrong).toMatchObject({ status: "wrong", error: expect.stringMatching(/^The value differs by \S+ of the largest\.$/) });
    expect(wrong!.largestError).toBeGreaterThan(0.5);
    // A fault in one number of fifteen, and no larger than a thousandth.
    become((args) => {
      const { dataId, shape, dtype } = right.kernelFunc(args) as tf.TensorInfo;
      const values = tf.engine().backend.readSync(dataId) as Float32Array;
      values[values.indexOf(Math.max(...values))]! *= 1.001;
      return { dataId, shape, dtype };
    });
    expect(await of()).toMatchObject({ status: "wrong", largestError: expect.closeTo(1e-3, 5) });
    const { makeTensorInfo } = tf.backend() as unknown as Record<"makeTensorInfo", (...all: unknown[]) => tf.TensorInfo>;
    become(() => makeTensorInfo.call(tf.backend(), [3, 5], "float32", new Float32Array(15).fill(Number.NaN)));
    expect(await of()).toEqual({ operator: "relu", status: "wrong", error: "The value is not a number." });
  } finally {
    tf.unregisterKernel("Relu", "cpu");
    tf.registerKernel(right);
  }
});
