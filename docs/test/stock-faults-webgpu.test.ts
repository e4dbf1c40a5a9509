// The cases of guide/stock-faults.md about WebGPU, on a GPU in software. Apart from the others, since it takes over the process's GPU driver.
import { chooseEngine } from "@gleaner/engine";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { hasSoftwareGpu, useSoftwareGpu } from "../../packages/engine/test/software-gpu.js";
import { expectStillWrong, faults, isNear, outcome, slope } from "./stock-fault-cases.js";

const cases = faults.get("WebGPU")!.flatMap((fault) => fault.cases);
const minutes = 60_000;

describe.runIf(hasSoftwareGpu)("WebGPU on SwiftShader (left out where chromium's driver or npm's webgpu is not installed)", () => {
  let [stock, repaired]: tf.KernelConfig[][] = [[], []];
  const use = (kernels: readonly tf.KernelConfig[]): void => {
    for (const config of kernels) {
      tf.unregisterKernel(config.kernelName, "webgpu");
      tf.registerKernel(config);
    }
  };
  beforeAll(async () => {
    useSoftwareGpu();
    await import("@tensorflow/tfjs-backend-webgpu");
    stock = tf.getKernelsForBackend("webgpu");
    await chooseEngine({ prefer: "webgpu" });
    repaired = tf.getKernelsForBackend("webgpu");
  }, 5 * minutes);

  // First, since a shader that does not run leaves what the memory held: it must not be the right answer of the other kernel.
  describe("stock TensorFlow.js is still wrong", () => {
    beforeAll(() => use(stock!));
    test.each(cases)("$title", { timeout: 5 * minutes }, expectStillWrong);
  });

  describe("with the kernels of @gleaner/engine it is right", () => {
    beforeAll(() => use(repaired!));
    test.each(cases)("$title", { timeout: 5 * minutes }, ({ code, right }) => {
      const actual = outcome(code, slope);
      expect(isNear(actual, right), JSON.stringify(actual)).toBe(true);
    });
  });
});
