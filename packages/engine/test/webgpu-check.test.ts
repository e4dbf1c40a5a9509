// Slow in software: nearly all of the time goes into compiling shaders.

import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { networkGradientCase } from "../../detector/test/network-gradient-case.js";
import { checkEngine, chooseEngine } from "../src/index.js";
import { hasSoftwareGpu, useSoftwareGpu } from "./software-gpu.js";

const minutes = 60_000;

describe.runIf(hasSoftwareGpu)("WebGPU on SwiftShader (left out where chromium's driver or npm's webgpu is not installed)", () => {
  beforeAll(async () => {
    useSoftwareGpu();
    await chooseEngine({ prefer: "webgpu" });
  });

  test("every operator is right", { timeout: 15 * minutes }, async () => {
    const checks = await checkEngine();
    expect(checks.filter(({ status }) => status !== "right")).toEqual([]);
    expect(checks.length).toBeGreaterThan(100);
  });

  test("gradients of a tiny network", { timeout: 15 * minutes }, () => {
    const result = networkGradientCase(tf, { perWeight: 1 });
    expect(result.backend).toBe("webgpu");
    expect(result.predictionError).toBeLessThan(1e-4);
    expect(result.gradientError, result.worst).toBeLessThan(1e-4);
    expect(result.derivatives).toBeGreaterThan(10);
  });
});
