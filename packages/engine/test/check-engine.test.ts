import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { findNative } from "@gleaner/native";
import { describe, expect, test } from "vitest";
import { checkEngine, chooseEngine, type OperatorCheck } from "../src/index.js";

const faults = (checks: OperatorCheck[]): OperatorCheck[] => checks.filter(({ status }) => status !== "right");

// Before anything else in this file: it is the stock backend that is checked.
test("the stock WASM backend has the known faults, and they are found", async () => {
  await tf.setBackend("wasm");
  const found = faults(await checkEngine());
  expect(found.map(({ operator, status }) => `${status}: ${operator}`)).toMatchInlineSnapshot(`
    [
      "wrong: conv3d 1×1×1",
      "wrong: conv3d 3×3×3",
      "wrong: conv3d 3×3×3, batch 2, valid",
      "wrong: conv3d 3×3×3, stride 2, odd sizes",
      "wrong: conv3d 3×3×3, stride 2, valid",
      "wrong: conv3d 4×4×4, stride 2",
      "wrong: conv3d 2×2×2, stride 2",
      "missing: conv2d 1×1, stride 1",
      "missing: conv2d 3×3",
      "missing: conv2d 3×3, stride 2",
      "wrong: max pool 3D of values below zero",
      "wrong: max pool 2D",
      "missing: gather, first axis",
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

test("the README tells how many there are", async () => {
  await chooseEngine({ prefer: "cpu" });
  expect(await checkEngine()).toHaveLength(69);
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
  const of = async (): Promise<OperatorCheck | undefined> => (await checkEngine()).find(({ operator }) => operator === "relu");
  try {
    expect(await of()).toEqual({ operator: "relu", status: "missing", error: "Kernel 'Relu' not registered for backend 'cpu'." });
    tf.registerKernel({ ...tf.getKernel("Neg", "cpu"), kernelName: "Relu", backendName: "cpu" });
    expect(await of()).toMatchObject({ status: "wrong", error: expect.stringMatching(/^The value differs by \S+ of the largest\.$/) });
    tf.unregisterKernel("Relu", "cpu");
  } finally {
    tf.registerKernel(right);
  }
});
