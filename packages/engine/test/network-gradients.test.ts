// The gradients of a whole tiny network, the one that the detector trains, against finite differences in float64 on each engine; so the
// engines agree with each other as well.

import { findNative } from "@gleaner/native";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { networkGradientCase } from "../../detector/test/network-gradient-case.js";
import { chooseEngine, type EnginePreference } from "../src/index.js";

async function checkNetwork(prefer: EnginePreference): Promise<void> {
  const { name } = await chooseEngine({ prefer });
  const result = networkGradientCase(tf);
  expect(result.backend).toBe(name);
  expect(result.predictionError).toBeLessThan(1e-4);
  expect(result.gradientError, result.worst).toBeLessThan(1e-4);
  expect(result.derivatives).toBeGreaterThan(20);
}

test("on WebAssembly with the kernels of @gleaner/wasm3d", () => checkNetwork("wasm"));

describe.runIf(findNative())("on the native engine (left out where no TensorFlow is paired)", () => {
  test("TensorFlow", () => checkNetwork("native"));
});
