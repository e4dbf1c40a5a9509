import { existsSync } from "node:fs";
import type { Host } from "./platform.js";

/** Where a loaded driver shows on Linux, and where Windows puts its own one into WSL. */
const places = ["/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1"];

/** Whether the kernel has NVIDIA's driver; undefined off Linux, where no wheel has CUDA. */
export const hasNvidiaDriver = (os: string): boolean | undefined => (os === "linux" ? places.some((path) => existsSync(path)) : undefined);

/** One sentence for a machine on which TensorFlow with CUDA will not find a GPU, or undefined: it computes there, on the processor. */
export function driverFault({ nvidiaDriver }: Host): string | undefined {
  if (nvidiaDriver !== false) return undefined;
  return `There is no NVIDIA driver here (no ${places[0]}), so TensorFlow with CUDA computes on the processor; install a driver of version 525 or newer.`;
}

/** Why a TensorFlow with CUDA that was loaded does not use a GPU, in one sentence. */
export const gpuFault = (host: Host): string =>
  driverFault(host) ??
  "TensorFlow with CUDA found no GPU that it can use (nvidia-smi lists what the driver sees, and CUDA_VISIBLE_DEVICES may hide it), so it computes on the processor.";
