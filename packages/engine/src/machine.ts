import { type NodeProcess, nodeProcess } from "./node-process.js";
import type { Gpu } from "./webgpu/adapter.js";

/** What a choice of an engine depends on. */
export interface Machine {
  runtime: "node" | "page";
  /** System and architecture, or the browser. */
  platform: string;
  processor: string;
  /** Processors that may be used. */
  processors: number;
  /** Whose GPU the system knows of; "any" where it does not say, "none" where there is none. A page asks its browser instead. */
  gpu: "nvidia" | "any" | "none";
}

/**
 * The machine that this runs on.
 *
 * A GPU is looked for by the files that Linux makes for one, which takes no time, since loading a driver to find none would take half a second
 * at every start. macOS and Windows are taken to have one.
 */
export function thisMachine(): Machine {
  const node = nodeProcess();
  if (!node) {
    const { userAgent = "unknown", hardwareConcurrency = 1 } = pageNavigator() ?? {};
    return { runtime: "page", platform: userAgent, processor: "", processors: hardwareConcurrency, gpu: pageGpu() ? "any" : "none" };
  }
  const system = node.getBuiltinModule("node:os");
  return {
    runtime: "node",
    platform: `${node.platform} ${node.arch}`,
    processor: system.cpus()[0]?.model ?? "",
    processors: system.availableParallelism(),
    gpu: node.platform === "linux" ? linuxGpu(node) : "any",
  };
}

interface PageNavigator {
  userAgent?: string;
  hardwareConcurrency?: number;
  gpu?: Gpu;
}

const pageNavigator = (): PageNavigator | undefined => (globalThis as { navigator?: PageNavigator }).navigator;

/** The GPUs of a page, where its browser has WebGPU. */
export const pageGpu = (): Gpu | undefined => pageNavigator()?.gpu;

function linuxGpu({ env, getBuiltinModule }: NodeProcess): Machine["gpu"] {
  const files = getBuiltinModule("node:fs");
  const there = (path: string): boolean => files.existsSync(path);
  if (there("/dev/nvidiactl") || there("/dev/nvidia0")) return "nvidia";
  const renders = there("/dev/dri") && files.readdirSync("/dev/dri").some((name) => name.startsWith("renderD"));
  // Windows' GPU under WSL, and a Vulkan driver that the user names.
  const other = there("/dev/dxg") || env["VK_DRIVER_FILES"] || env["VK_ICD_FILENAMES"];
  return renders || other ? "any" : "none";
}
