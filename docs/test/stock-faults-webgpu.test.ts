// The cases of guide/stock-faults.md about WebGPU, on a GPU in software. Apart from the others, since it takes over the process's GPU driver.
import { chooseEngine } from "@gleaner/engine";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { hasSoftwareGpu, useSoftwareGpu } from "../../packages/engine/test/software-gpu.js";
import { expectStillWrong, faults, isNear, outcome, slope } from "./stock-fault-cases.js";

const cases = faults.get("WebGPU")!.flatMap((fault) => fault.cases);
const minutes = 60_000;

describe.runIf(hasSoftwareGpu)("WebGPU on SwiftShader (left out where chromium's driver or npm's webgpu is not installed)", () => {
  let stock: tf.KernelConfig[] = [];
  beforeAll(async () => {
    useSoftwareGpu();
    await import("@tensorflow/tfjs-backend-webgpu");
    stock = tf.getKernelsForBackend("webgpu");
    await chooseEngine({ prefer: "webgpu" });
  }, 5 * minutes);

  test.each(cases)("with the kernels of @gleaner/engine it is right: $title", { timeout: 5 * minutes }, ({ code, right }) => {
    const actual = outcome(code, slope);
    expect(isNear(actual, right), JSON.stringify(actual)).toBe(true);
  });

  describe("stock TensorFlow.js is still wrong", () => {
    beforeAll(() => {
      for (const config of stock) {
        tf.unregisterKernel(config.kernelName, "webgpu");
        tf.registerKernel(config);
      }
    });
    test.each(cases)("$title", { timeout: 5 * minutes }, expectStillWrong);
  });
});
