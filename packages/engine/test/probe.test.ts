import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ChooseEngineOptions, chooseEngine } from "../src/index.js";
import { dawn, milliseconds, native, started, stopTheClock, wasm, wasm3d, webgpu, withGpu } from "./stand-ins.js";

const card = { vendor: "intel", description: "Intel(R) Iris(R) Xe Graphics" };

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "probe-"));
  // A step has three convolutions; one step is all that fits into the time of the probe.
  Object.assign(milliseconds, { tensorflow: 200, webgpu: 200, wasm: 500 });
  stopTheClock();
});
afterEach(() => {
  rmSync(cache, { recursive: true });
  started.splice(0);
  vi.restoreAllMocks();
  // Dawn is asked anew: another test may have another GPU.
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
});

const choose = ({ modules, ...options }: ChooseEngineOptions = {}) =>
  chooseEngine({
    machine: withGpu,
    native: { cache },
    modules: { native: native(), dawn: dawn(card), webgpu, wasm, wasm3d, ...modules },
    ...options,
  });
const memory = () => JSON.parse(readFileSync(join(cache, "engines.json"), "utf8"));

describe("where WebGPU stands beside an engine on the processor", () => {
  test("the faster one runs, and the answer is remembered", async () => {
    milliseconds["tensorflow"] = 250;
    const engine = await choose();
    expect(engine).toMatchObject({ name: "webgpu", device: "GPU", adapter: card.description, version: tf.version_core });
    expect(engine.measured).toEqual([
      { name: "webgpu", milliseconds: 600 },
      { name: "tensorflow", milliseconds: 750 },
    ]);
    expect(engine.why).toBe("WebGPU runs because a step of the probe took 600 ms on it and 750 ms on TensorFlow.");
    expect(readdirSync(cache)).toEqual(["engines.json"]);
    expect(tf.getBackend()).toBe("webgpu");

    started.splice(0);
    // What is remembered counts, not what would be measured now.
    milliseconds["webgpu"] = 1000;
    expect(await choose()).toEqual(engine);
    expect(started).toEqual([]);
  });

  test("many processors can be faster than a small GPU", async () => {
    milliseconds["webgpu"] = 250;
    expect(await choose()).toMatchObject({ name: "tensorflow", device: "CPU", measured: [{ name: "tensorflow" }, { name: "webgpu" }] });
  });

  test("without TensorFlow it is measured against WebAssembly", async () => {
    const engine = await choose({ modules: { native: () => Promise.reject(new Error("no")) } });
    expect(engine.measured?.map(({ name }) => name).sort()).toEqual(["wasm", "webgpu"]);
  });

  test("another version, another GPU and another machine are measured anew", async () => {
    milliseconds["tensorflow"] = 250;
    await choose();
    milliseconds["tensorflow"] = 100;
    expect((await choose()).name).toBe("webgpu");
    expect((await choose({ modules: { native: native({ version: "2.22.0" }) } })).name).toBe("tensorflow");

    milliseconds["tensorflow"] = 250;
    tf.removeBackend("webgpu");
    expect((await choose({ modules: { dawn: dawn({ description: "AMD Radeon Graphics" }) } })).measured).toEqual([
      { name: "webgpu", milliseconds: 600 },
      { name: "tensorflow", milliseconds: 750 },
    ]);

    milliseconds["tensorflow"] = 100;
    expect((await choose({ machine: { ...withGpu, processors: 64 } })).name).toBe("tensorflow");
    expect(memory().machines).toHaveLength(2);
  });

  test("an engine whose probe fails is passed over", async () => {
    milliseconds["webgpu"] = -1;
    expect(await choose()).toMatchObject({
      name: "tensorflow",
      why: "TensorFlow runs because the probe fails: The shader does not compile.",
      measured: [{ name: "tensorflow" }],
    });
  });

  test("an engine whose probe failed is remembered with the reason, and asked again when that is wanted or it is another", async () => {
    milliseconds["webgpu"] = -1;
    const engine = await choose();
    expect(memory().machines[0].failed).toEqual([
      { name: "webgpu", version: tf.version_core, adapter: card.description, reason: "The probe fails: The shader does not compile" },
    ]);
    // It would be the fastest now, if it were asked.
    milliseconds["webgpu"] = 10;
    expect(await choose()).toEqual(engine);
    expect((await choose({ modules: { native: native({ version: "2.22.0" }) } })).name).toBe("webgpu");

    milliseconds["webgpu"] = -1;
    await choose({ probe: "again" });
    milliseconds["webgpu"] = 10;
    expect((await choose()).name).toBe("tensorflow");
    expect((await choose({ probe: "again" })).name).toBe("webgpu");
    expect(memory().machines[0].failed).toEqual([]);
    expect((await choose()).name).toBe("webgpu");

    milliseconds["webgpu"] = -1;
    await choose({ probe: "again" });
    milliseconds["webgpu"] = 10;
    tf.removeBackend("webgpu");
    expect((await choose({ modules: { dawn: dawn({ description: "AMD Radeon Graphics" }) } })).name).toBe("webgpu");
  });

  test("where the probe fails on every engine none is measured at the next start", async () => {
    Object.assign(milliseconds, { webgpu: -1, tensorflow: -1 });
    const engine = await choose();
    expect(engine.name).toBe("wasm");
    Object.assign(milliseconds, { webgpu: 10, tensorflow: 10 });
    expect(await choose()).toEqual(engine);
  });
});

describe("the option probe", () => {
  test("again measures anew, every engine but plain JavaScript", async () => {
    milliseconds["tensorflow"] = 250;
    await choose();
    milliseconds["tensorflow"] = 100;
    const engine = await choose({ probe: "again" });
    expect(engine.name).toBe("tensorflow");
    expect(engine.measured?.map(({ name }) => name).sort()).toEqual(["tensorflow", "wasm", "webgpu"]);
    expect(await choose()).toEqual(engine);
  });

  test("again measures also where the order is clear, and later starts tell it", async () => {
    const machine = { ...withGpu, gpu: "none" as const };
    const engine = await choose({ machine, probe: "again" });
    expect(engine.measured?.map(({ name }) => name).sort()).toEqual(["tensorflow", "wasm"]);
    expect((await choose({ machine })).measured).toEqual(engine.measured);
  });

  test("never leaves it to the order", async () => {
    milliseconds["webgpu"] = 250;
    const engine = await choose({ probe: "never" });
    expect(engine).toMatchObject({ name: "webgpu", why: "WebGPU is the fastest engine here." });
    expect(engine).not.toHaveProperty("measured");
    expect(readdirSync(cache)).toEqual([]);
  });

  test("is one of three words", async () => {
    await expect(choose({ probe: "always" as never })).rejects.toThrow(
      new RangeError("probe is always, expected remembered, again, never."),
    );
  });
});

describe("where the order is clear nothing is measured", () => {
  test("TensorFlow on a GPU", async () => {
    const engine = await choose({ modules: { native: native({ gpu: true }), dawn: () => Promise.reject(new Error("is not asked")) } });
    expect(engine).toEqual({
      name: "tensorflow",
      why: "TensorFlow is the fastest engine here.",
      version: "2.21.0",
      threads: 2,
      device: "GPU",
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  test("no GPU", async () => {
    const engine = await choose({
      machine: { ...withGpu, gpu: "none" },
      modules: { dawn: () => Promise.reject(new Error("is not asked")) },
    });
    expect(engine).toEqual({
      name: "tensorflow",
      why: "TensorFlow is the fastest engine here.",
      version: "2.21.0",
      threads: 2,
      device: "CPU",
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  test.each([
    [{ vendor: "google", architecture: "swiftshader", description: "SwiftShader driver 5.0.0" }],
    [{ vendor: "mesa", architecture: "", description: "llvmpipe: Mesa 22.3.6 (LLVM 15.0.6)" }],
    [{ description: "Some driver", isFallbackAdapter: true }],
  ])("a software adapter: %j", async (info) => {
    const engine = await choose({ modules: { dawn: dawn(info) } });
    expect(engine).toMatchObject({
      name: "tensorflow",
      why: `TensorFlow runs because WebGPU has a software adapter only here (${info.description}).`,
      faster: { name: "webgpu", how: expect.stringContaining("Vulkan driver") },
    });
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe("what would be faster", () => {
  test("a GPU without Dawn", async () => {
    const missing = Object.assign(new Error("Cannot find package 'webgpu' imported from here"), { code: "ERR_MODULE_NOT_FOUND" });
    expect(await choose({ modules: { dawn: () => Promise.reject(missing) } })).toMatchObject({
      name: "tensorflow",
      faster: { name: "webgpu", how: "Install it with: npm install webgpu @tensorflow/tfjs-backend-webgpu" },
    });
  });

  test("NVIDIA's GPU without a TensorFlow for it", async () => {
    const machine = { ...withGpu, platform: "linux x64", gpu: "nvidia" as const };
    milliseconds["tensorflow"] = 250;
    expect(await choose({ machine })).toMatchObject({
      name: "webgpu",
      faster: { name: "tensorflow", how: "Pair one with: npx gleaner-native install --gpu" },
    });
  });

  test("a GPU without a driver", async () => {
    expect(await choose({ modules: { dawn: dawn(null) } })).toMatchObject({
      name: "tensorflow",
      why: "TensorFlow runs because WebGPU finds no adapter: no GPU here has a driver that it can use.",
    });
    await expect(choose({ prefer: "webgpu", modules: { dawn: dawn(null) } })).rejects.toThrow(
      /^WebGPU finds no adapter: no GPU here has a driver that it can use; install the Vulkan driver of the GPU and its loader \(.*\)$/,
    );
  });
});

describe("in a page", () => {
  const machine = { ...withGpu, runtime: "page" as const };
  afterEach(() => vi.unstubAllGlobals());

  test("the browser's GPU is measured against WebAssembly", async () => {
    const { create } = await dawn({ vendor: "apple", architecture: "metal-3" })();
    vi.stubGlobal("navigator", { gpu: create([]) });
    const engine = await choose({ machine, modules: { dawn: () => Promise.reject(new Error("is not asked")) } });
    expect(engine).toMatchObject({ name: "webgpu", device: "GPU", adapter: "apple metal-3" });
    expect(engine.measured).toEqual([
      { name: "webgpu", milliseconds: 600 },
      { name: "wasm", milliseconds: 1500 },
    ]);
  });

  test("without WebGPU, or without an adapter, WebAssembly runs", async () => {
    expect(await choose({ machine: { ...machine, gpu: "none" } })).toMatchObject({
      name: "wasm",
      why: "WebAssembly is the fastest engine here.",
    });
    await expect(choose({ machine, prefer: "webgpu" })).rejects.toThrow(
      "This browser has no WebGPU; use a browser that has it, over HTTPS or from localhost",
    );
    const { create } = await dawn(null)();
    vi.stubGlobal("navigator", { gpu: create([]) });
    expect((await choose({ machine })).why).toBe("WebAssembly runs because the browser gives WebGPU no adapter.");
    await expect(choose({ machine, prefer: "native" })).rejects.toThrow("TensorFlow cannot run here.");
  });
});

describe("the memory", () => {
  test.each([
    ["no JSON", "{"],
    ["another format", '{ "format": 2, "machines": [] }'],
    ["a list", "[1]"],
    ["null", "null"],
    ["entries that are none", '{ "format": 1, "machines": [null, { "key": 3 }, { "key": "a", "measured": [{ "name": "gpu" }] }] }'],
    [
      "failures that are none",
      '{ "format": 1, "machines": [{ "key": "a", "measured": [], "failed": [{ "name": "wasm", "version": "1" }] }] }',
    ],
    ["more than was ever written", `"${"x".repeat(70_000)}"`],
  ])("%s is ignored and written anew", async (_, text) => {
    writeFileSync(join(cache, "engines.json"), text);
    milliseconds["webgpu"] = 250;
    expect(await choose()).toMatchObject({ name: "tensorflow" });
    expect(memory()).toMatchObject({
      format: 1,
      machines: [{ key: expect.stringContaining("A processor"), measured: [{ name: "tensorflow" }, { name: "webgpu" }] }],
    });
  });

  test("a folder that cannot be written leaves the choice as it is", async () => {
    writeFileSync(join(cache, "file"), "");
    milliseconds["webgpu"] = 250;
    expect(await choose({ native: { cache: join(cache, "file") } })).toMatchObject({ name: "tensorflow" });
  });
});
