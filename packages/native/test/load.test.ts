import { execFileSync } from "node:child_process";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { findNative, isNativeError, listPairings, loadNative, useNativeKernels } from "../src/index.js";
import { paired, withEngine } from "./support/engine.js";

describe("without an engine", () => {
  test("loading says how to install one", async () => {
    const error = await loadNative({ cache: "/nowhere", tensorflow: "2.20.0", gpu: true }).catch((e) => e);
    expect(isNativeError(error, "not-installed")).toBe(true);
    expect(error.message).toBe(
      "There is no native engine with CUDA with TensorFlow 2.20.0 in /nowhere; install it with: gleaner-native install",
    );
  });

  test("the kernels say that it is not loaded", () => {
    expect(() => useNativeKernels()).toThrow('The backend "tensorflow" is not loaded; call loadNative before useNativeKernels.');
  });

  test("errors of others are not ours", () => {
    expect(isNativeError(new Error("x"))).toBe(false);
    expect(isNativeError("x")).toBe(false);
  });
});

describe.runIf(paired)(withEngine("loading"), () => {
  test("threads are a positive whole number", async () => {
    await expect(loadNative({ threads: 0 })).rejects.toThrow("threads is 0; expected a positive whole number");
  });

  test("gives the version that was installed, on the tfjs-core of the application, and twice is once", async () => {
    const engine = await loadNative({ threads: 2 });
    expect(engine.version).toBe(engine.pairing.tensorflow);
    expect(engine.pairing).toEqual(findNative());
    expect(tf.getBackend()).toBe("tensorflow");
    const backend = tf.backend();
    await tf.setBackend("tensorflow");
    expect(await loadNative()).toEqual(engine);
    expect(tf.backend()).toBe(backend);
    const x = tf.tensor1d([3, 1, 2]);
    // topk asks util.isNullOrUndefined, which Node 23 took away.
    expect(Array.from(tf.topk(x, 2).values.dataSync())).toEqual([3, 2]);
    expect(Array.from(tf.conv1d(tf.ones([1, 3, 1]) as tf.Tensor3D, tf.ones([3, 1, 1]) as tf.Tensor3D, 1, "same").dataSync())).toEqual([
      2, 3, 2,
    ]);
  });

  test("oneDNN is on where it is faster, unless the user says otherwise", () => {
    if (process.arch === "x64") expect(process.env["TF_ENABLE_ONEDNN_OPTS"]).toBe("1");
    expect(process.env["TF_CPP_MIN_LOG_LEVEL"]).toBe("2");
  });

  test("nothing is written to node_modules and the binding finds its libraries by a relative path", () => {
    const { addon } = findNative()!;
    const elf =
      process.platform === "linux"
        ? execFileSync("/bin/sh", ["-c", `grep -c 'ORIGIN/\\.\\./tensorflow-' "${addon}"`], { encoding: "utf8" })
        : "1";
    expect(Number(elf)).toBeGreaterThan(0);
    expect(listPairings().length).toBeGreaterThan(0);
  });
});
