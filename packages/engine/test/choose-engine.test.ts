import * as tf from "@tensorflow/tfjs";
import { afterEach, describe, expect, test } from "vitest";
import { type ChooseEngineOptions, chooseEngine as choose, type EngineModules, isEngineError, type Machine } from "../src/index.js";

const missing = (name: string) => (): Promise<never> =>
  Promise.reject(Object.assign(new Error(`Cannot find package '${name}' imported from here`), { code: "ERR_MODULE_NOT_FOUND" }));

/** The same answers on every machine that runs these tests, and nothing remembered. */
const noGpu: Machine = { runtime: "node", platform: "linux x64", processor: "any", processors: 2, gpu: "none" };
process.env["GLEANER_CACHE"] = "/nowhere";
const chooseEngine = (options: ChooseEngineOptions = {}) => choose({ machine: noGpu, ...options });

const nothingInstalled: EngineModules = {
  webgpu: missing("@tensorflow/tfjs-backend-webgpu"),
  dawn: missing("webgpu"),
  native: missing("@gleaner/native"),
  wasm: missing("@tensorflow/tfjs-backend-wasm"),
  wasm3d: missing("@gleaner/wasm3d"),
};

const calls: string[] = [];
afterEach(() => calls.splice(0));

/** A native package that says what it was asked. */
const native =
  ({
    isPaired,
    gpu = false,
    fault,
    damage,
  }: {
    isPaired: boolean;
    gpu?: boolean;
    fault?: string;
    damage?: string;
  }): EngineModules["native"] =>
  async () => ({
    listPairings: (options) => {
      calls.push(`list ${JSON.stringify(options)}`);
      if (damage !== undefined) return [{ tensorflow: "2.21.0", gpu, fault: damage }];
      return isPaired ? [{ tensorflow: "2.21.0", gpu }] : [];
    },
    installNative: async (options) => {
      calls.push(`install ${JSON.stringify(options)}`);
      if (fault) throw new Error(fault);
    },
    loadNative: async (options) => {
      calls.push(`load ${JSON.stringify(options)}`);
      if (fault) throw new Error(fault);
      return { version: "2.21.0", gpu, threads: (options as { threads?: number }).threads ?? 2 };
    },
    useNativeKernels: () => void calls.push("kernels"),
  });

describe("the order", () => {
  test("a paired TensorFlow comes first", async () => {
    const engine = await chooseEngine({ modules: { native: native({ isPaired: true, gpu: true }) }, native: { gpu: true }, threads: 3 });
    expect(engine).toEqual({
      name: "tensorflow",
      why: "TensorFlow is the fastest engine here.",
      version: "2.21.0",
      threads: 3,
      device: "GPU",
    });
    expect(calls).toEqual(['list {"gpu":true}', 'load {"gpu":true,"threads":3}', "kernels"]);
  });

  test("without one WebAssembly runs, and it says how to get one", async () => {
    const engine = await chooseEngine({ modules: { native: native({ isPaired: false }) } });
    expect(engine).toEqual({
      name: "wasm",
      why: "WebAssembly runs because no TensorFlow is paired on this machine.",
      version: "4.22.0",
      threads: 1,
      device: "CPU",
      faster: { name: "tensorflow", how: "Pair one with: npx gleaner-native install" },
    });
    expect(tf.getBackend()).toBe("wasm");
  });

  test("with none of the optional packages plain JavaScript runs", async () => {
    const engine = await chooseEngine({ modules: nothingInstalled });
    expect(engine).toEqual({
      name: "cpu",
      why: "Plain JavaScript runs because @gleaner/native is not installed.",
      version: "4.22.0",
      threads: 1,
      device: "CPU",
      faster: { name: "tensorflow", how: "Install it with: npm install @gleaner/native" },
    });
    expect(tf.getBackend()).toBe("cpu");
  });

  test("WebAssembly without this project's kernels is passed over, since its gradients are wrong", async () => {
    const engine = await chooseEngine({ modules: { native: nothingInstalled.native, wasm3d: nothingInstalled.wasm3d } });
    expect(engine.name).toBe("cpu");
  });

  test("a TensorFlow that does not load is passed over with its reason", async () => {
    const engine = await chooseEngine({ modules: { native: native({ isPaired: true, fault: "libtensorflow.so.2 is truncated.\nat …" }) } });
    expect(engine.name).toBe("wasm");
    expect(engine.why).toBe("WebAssembly runs because TensorFlow does not load: libtensorflow.so.2 is truncated.");
    expect(engine.faster).toEqual({ name: "tensorflow", how: "Pair it anew with: npx gleaner-native install" });
  });
});

describe("prefer", () => {
  test("what was asked for runs", async () => {
    const engine = await chooseEngine({ prefer: "cpu", modules: { native: native({ isPaired: true }) } });
    expect(engine).toEqual({
      name: "cpu",
      why: "Plain JavaScript runs because it was asked for.",
      version: "4.22.0",
      threads: 1,
      device: "CPU",
    });
    expect(calls).toEqual([]);
  });

  const fault = (prefer: "native" | "wasm", modules: Partial<EngineModules>): Promise<unknown> =>
    chooseEngine({ prefer, modules }).then(
      () => "no error",
      (error) => isEngineError(error) && error.message,
    );

  test("or one sentence says why not", async () => {
    expect(await fault("native", nothingInstalled)).toBe("@gleaner/native is not installed; install it with: npm install @gleaner/native");
    expect(await fault("native", { native: native({ isPaired: false }) })).toBe(
      "No TensorFlow is paired on this machine; pair one with: npx gleaner-native install",
    );
    expect(await fault("native", { native: native({ isPaired: true, fault: "the driver is too old." }) })).toBe(
      "TensorFlow does not load: the driver is too old; pair it anew with: npx gleaner-native install",
    );
    expect(
      await fault("native", { native: native({ isPaired: true, damage: "libtensorflow_cc.so.2 has 3 bytes where 9 were installed" }) }),
    ).toBe(
      "The TensorFlow paired here cannot be used: libtensorflow_cc.so.2 has 3 bytes where 9 were installed; pair it anew with: npx gleaner-native install",
    );
    expect(await fault("wasm", { wasm: nothingInstalled.wasm })).toBe(
      "@tensorflow/tfjs-backend-wasm is not installed; install it with: npm install @tensorflow/tfjs-backend-wasm",
    );
    expect(await fault("wasm", { wasm3d: () => Promise.reject(new SyntaxError("Unexpected token")) })).toBe(
      "@gleaner/wasm3d does not load: Unexpected token.",
    );
  });

  test("a GPU engine that is not there is named as one", async () => {
    await expect(
      chooseEngine({ prefer: "native", native: { gpu: true }, modules: { native: native({ isPaired: false }) } }),
    ).rejects.toThrow("No TensorFlow with CUDA is paired on this machine; pair one with: npx gleaner-native install --gpu");
  });

  test("an engine that there is not", async () => {
    await expect(chooseEngine({ prefer: "gpu" as never })).rejects.toThrow(
      new RangeError("prefer is gpu, expected native, webgpu, wasm, cpu."),
    );
  });
});

describe("allowInstall", () => {
  test("pairs TensorFlow when it is missing", async () => {
    const engine = await chooseEngine({
      allowInstall: true,
      modules: { native: native({ isPaired: false }) },
      native: { cache: "/c", bfloat16: true },
    });
    expect(engine.name).toBe("tensorflow");
    expect(calls).toEqual([
      'list {"cache":"/c","bfloat16":true}',
      'install {"cache":"/c"}',
      'list {"cache":"/c","bfloat16":true}',
      'load {"cache":"/c","bfloat16":true}',
      "kernels",
    ]);
  });

  test("goes on without when that fails", async () => {
    const engine = await chooseEngine({
      allowInstall: true,
      modules: { native: native({ isPaired: false, fault: "There is no C++ compiler." }) },
    });
    expect(engine.why).toBe("WebAssembly runs because TensorFlow cannot be paired: There is no C++ compiler.");
  });

  test("a stop is no fault of the engine", async () => {
    const stopped = async (): ReturnType<EngineModules["native"]> => ({
      ...(await native({ isPaired: false })()),
      installNative: () => Promise.reject(new DOMException("stopped", "AbortError")),
    });
    await expect(chooseEngine({ allowInstall: true, modules: { native: stopped } })).rejects.toThrow("stopped");
  });
});
