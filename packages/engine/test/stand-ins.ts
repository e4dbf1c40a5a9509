// Engines that only pretend: plain JavaScript under other names, with convolutions that take as long as they are told, on a clock of their own.

import * as tf from "@tensorflow/tfjs";
import { vi } from "vitest";
import type { DawnModule, EngineModules, Machine } from "../src/index.js";

/** What was started, in order. */
export const started: string[] = [];

/** How long a convolution takes on each. */
export const milliseconds: Record<string, number> = {};

const convolutions = ["Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"];

/** What else a step of the probe runs; it takes no time, so that only the convolutions count. */
const others = ["Relu", "Step", "Multiply", "Cast", "OnesLike", "Sum"];

interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: string, values: Float32Array): tf.TensorInfo;
}

function standIn(backendName: string): tf.KernelBackend {
  if (!tf.getKernel("Conv3D", backendName)) {
    tf.copyRegisteredKernels("cpu", backendName);
    for (const kernelName of [...convolutions, ...others]) {
      tf.unregisterKernel(kernelName, backendName);
      tf.registerKernel({
        kernelName,
        backendName,
        kernelFunc: ({ inputs, attrs, backend }) => {
          if (convolutions.includes(kernelName)) takeTime(milliseconds[backendName]!);
          const { inputShape, filterShape } = (attrs ?? {}) as { inputShape?: number[]; filterShape?: number[] };
          const { x, a, b } = inputs as Record<string, tf.TensorInfo | undefined>;
          const ofInputs = () => x?.shape ?? tf.backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
          const shape = kernelName === "Sum" ? [] : (inputShape ?? filterShape ?? ofInputs());
          return (backend as CpuBackend).makeTensorInfo(shape, "float32", new Float32Array(tf.util.sizeFromShape(shape)));
        },
      });
    }
  }
  // As if all numbers were in the memory of the processor already.
  return Object.assign(tf.findBackendFactory("cpu")!() as tf.KernelBackend, { tensorMap: { get: () => ({ values: [] }) } });
}

let clock = 0;

/** From now on only the convolutions of these engines take time. */
export const stopTheClock = (): void => void vi.spyOn(performance, "now").mockImplementation(() => clock);

function takeTime(count: number): void {
  if (count < 0) throw new Error("The shader does not compile.\nat line 3");
  clock += count;
}

/** A TensorFlow that is paired. */
export const native =
  ({ gpu = false, version = "2.21.0" } = {}): EngineModules["native"] =>
  async () => ({
    listPairings: () => [{ tensorflow: version, gpu }],
    installNative: async () => undefined,
    loadNative: async () => {
      started.push("tensorflow");
      if (!tf.findBackendFactory("tensorflow")) tf.registerBackend("tensorflow", () => standIn("tensorflow"));
      await tf.setBackend("tensorflow");
      return { version, gpu, threads: 2 };
    },
    useNativeKernels: () => undefined,
  });

/** A GPU that says this of itself, or none. */
export const dawn =
  (info: Record<string, unknown> | null): EngineModules["dawn"] =>
  async (): Promise<DawnModule> => ({
    globals: {},
    create: () => ({
      requestAdapter: async () => info && { info, features: new Set(), limits: {}, requestDevice: async () => ({}) },
    }),
  });

/** The backend of TensorFlow.js on that GPU. */
export const webgpu: EngineModules["webgpu"] = async () => {
  tf.env().registerFlag("WEBGPU_CPU_FORWARD", () => true);
  return { WebGPUBackend: StandIn as never };
};

function StandIn(): tf.KernelBackend {
  return standIn("webgpu");
}

/** The WASM backend. */
export const wasm: EngineModules["wasm"] = async () => {
  if (!tf.findBackendFactory("wasm")) tf.registerBackend("wasm", () => standIn("wasm"));
  return { setWasmPaths: () => undefined, setThreadsCount: () => undefined, getThreadsCount: () => 1, version_wasm: "4.22.0" };
};

export const wasm3d: EngineModules["wasm3d"] = async () => ({ registerWasm3d: () => [] });

export const withGpu: Machine = { runtime: "node", platform: "linux arm64", processor: "A processor", processors: 4, gpu: "any" };
