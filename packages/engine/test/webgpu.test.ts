import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { chooseEngine } from "../src/index.js";
import { hasSoftwareGpu, useSoftwareGpu } from "./software-gpu.js";

describe.runIf(hasSoftwareGpu)("WebGPU on SwiftShader (left out where chromium's driver or npm's webgpu is not installed)", () => {
  beforeAll(useSoftwareGpu);

  test("runs when it is asked for, and says on what", async () => {
    const engine = await chooseEngine({ prefer: "webgpu" });
    expect(engine).toEqual({
      name: "webgpu",
      why: "WebGPU runs because it was asked for.",
      version: tf.version_core,
      threads: 1,
      device: "CPU",
      adapter: expect.stringContaining("SwiftShader"),
    });
    expect(tf.getBackend()).toBe("webgpu");
  });

  test("reads without waiting for the event loop, also while another read is on its way", async () => {
    const x = tf.mul(tf.range(0, 5), 2);
    const other = tf.add(x, 1).data();
    expect(Array.from(x.dataSync())).toEqual([0, 2, 4, 6, 8]);
    expect(Array.from(await other)).toEqual([1, 3, 5, 7, 9]);
    expect(tf.greater(x, 3).dataSync()).toEqual(Uint8Array.from([0, 0, 1, 1, 1]));
    expect(tf.cast(x, "int32").dataSync()).toEqual(Int32Array.from([0, 2, 4, 6, 8]));
  });
});
