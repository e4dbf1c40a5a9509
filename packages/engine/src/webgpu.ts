import * as tf from "@tensorflow/tfjs-core";
import type { Candidate, Circumstances } from "./engine.js";
import { engineError, reasonOf } from "./errors.js";
import { pageGpu } from "./machine.js";
import { importOptional } from "./modules.js";
import { type Adapter, describeAdapter, type Gpu, isSoftware } from "./webgpu/adapter.js";
import { earlierTurns, installDawn, whileNavigatorHas } from "./webgpu/dawn.js";
import { installReadSync, type WebgpuBackend } from "./webgpu/read-sync.js";
import { registerWebgpuKernels } from "./webgpu/register-kernels.js";

const backendName = "webgpu";

type DawnBackend = tf.KernelBackend & { dawn?: Gpu };

/** Dawn wants both in Node; a page has WebGPU and needs the backend only. */
const packages = { node: "webgpu @tensorflow/tfjs-backend-webgpu", page: "@tensorflow/tfjs-backend-webgpu" };

/** A GPU of any maker, through the browser's WebGPU or, in Node, through Dawn. */
export const webgpuEngine: Candidate = {
  name: "webgpu",
  preference: "webgpu",
  title: "WebGPU",
  isPossible: () => true,
  isLikely: ({ gpu }) => gpu !== "none",
  async find(circumstances) {
    const { options, modules, machine } = circumstances;
    const { WebGPUBackend } = await importOptional("@tensorflow/tfjs-backend-webgpu", modules.webgpu, packages[machine.runtime]);
    const { gpu, prepare } = await findGpu(circumstances);
    // An object that makes no adapter throws in some browsers where it should give null.
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
    if (!adapter) throw noAdapter(machine.runtime);
    const description = describeAdapter(adapter);
    if (options.prefer !== "webgpu" && isSoftware(adapter)) {
      throw engineError(`WebGPU has a software adapter only here (${description}).`, { how: howToGetDriver[machine.runtime] });
    }
    const version = tf.version_core;
    const start = async () => {
      const giveTurn = prepare();
      // In a page the backend registers itself when it is imported.
      if (!tf.findBackendFactory(backendName)) {
        const make = async () => {
          const device = await adapter.requestDevice(deviceOf(adapter));
          return whileNavigatorHas(gpu, () => new WebGPUBackend(device as never, adapter.info as never) as tf.KernelBackend);
        };
        tf.registerBackend(backendName, make);
      }
      registerWebgpuKernels();
      // One set of kernels: what is checked is then what runs, however small the tensors are.
      tf.env().set("WEBGPU_CPU_FORWARD", false);
      const started = await tf.setBackend(backendName).catch((cause) => {
        throw engineError(`WebGPU does not start on ${description}: ${reasonOf(cause)}.`, { cause });
      });
      if (!started) throw engineError(`WebGPU does not start on ${description}: it gives no device.`);
      if (giveTurn) {
        await earlierTurns();
        installReadSync(tf.backend() as unknown as WebgpuBackend, giveTurn);
        // Dawn ends with the object that `create` gave, so the backend keeps it.
        (tf.backend() as DawnBackend).dawn = gpu;
      }
      return { name: "webgpu", version, threads: 1, device: isSoftware(adapter) ? "CPU" : "GPU", adapter: description } as const;
    };
    return { version, gpu: true, adapter: description, start };
  },
};

/** The GPUs to ask, and in Node what puts Dawn in its place, which is done for an engine that starts only. */
async function findGpu({
  machine,
  modules,
}: Circumstances): Promise<{ gpu: Gpu; prepare: () => ReturnType<typeof installDawn> | undefined }> {
  if (machine.runtime === "page") {
    const gpu = pageGpu();
    if (!gpu) throw engineError("This browser has no WebGPU.", { how: "Use a browser that has it, over HTTPS or from localhost." });
    return { gpu, prepare: () => undefined };
  }
  const running = (tf.findBackend(backendName) as DawnBackend | null)?.dawn;
  if (running) return { gpu: running, prepare: () => undefined };
  const dawn = await importOptional("webgpu", modules.dawn, packages.node);
  return { gpu: dawn.create([]), prepare: () => (tf.findBackendFactory(backendName) ? undefined : installDawn(dawn)) };
}

const howToGetDriver = {
  node: "Install the Vulkan driver of the GPU and its loader (Debian and Ubuntu: libvulkan1 and mesa-vulkan-drivers, or NVIDIA's own driver).",
  page: "Turn on graphics acceleration in the browser's settings.",
};

const noAdapter = (runtime: "node" | "page") =>
  engineError(
    runtime === "node" ? "WebGPU finds no adapter: no GPU here has a driver that it can use." : "The browser gives WebGPU no adapter.",
    {
      how: howToGetDriver[runtime],
    },
  );

/** Buffers, and work on them, as large as the adapter allows: volumes are larger than the standard's defaults. */
function deviceOf({ features, limits }: Adapter): object {
  const wanted = [
    "maxBufferSize",
    "maxStorageBufferBindingSize",
    "maxComputeInvocationsPerWorkgroup",
    "maxComputeWorkgroupSizeX",
    "maxComputeWorkgroupStorageSize",
    "maxComputeWorkgroupsPerDimension",
  ];
  return {
    requiredFeatures: ["timestamp-query"].filter((feature) => features.has(feature)),
    requiredLimits: Object.fromEntries(wanted.map((name) => [name, (limits as Record<string, number>)[name]])),
  };
}
