import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { defaultCacheFolder } from "./cache-folder.js";
import { pagesName, quietName } from "./compile-binding.js";
import { NativeError } from "./errors.js";
import { keepThreadsApart, threadTimes } from "./keep-apart.js";
import { gpuFault } from "./nvidia-driver.js";
import { type FindOptions, listPairings, type Pairing } from "./pairings.js";
import { thisHost } from "./platform.js";
import { createTfjsRequire, type NodeBackend } from "./tfjs-modules.js";

export interface LoadOptions extends FindOptions {
  /** Threads of TensorFlow's operators (TF_NUM_INTRAOP_THREADS). Default: all processors that this process may use. */
  threads?: number;
  /**
   * Give each of TensorFlow's threads a processor of its own where there are as many as processors, which keeps Linux from leaving two of
   * them on one. Default true; other systems do without.
   */
  affinity?: boolean;
  /** Operators that give the same bits at every run, at some cost on GPUs (TF_DETERMINISTIC_OPS). Default false. */
  deterministic?: boolean;
  /** Convolutions in bfloat16 on processors with AMX: factors have 8 bits of mantissa, sums 24 (TF_SET_ONEDNN_FPMATH_MODE). Default false. */
  bfloat16?: boolean;
  /** Take a GPU's memory as it is needed instead of all at once (TF_FORCE_GPU_ALLOW_GROWTH). Default true. */
  memoryGrowth?: boolean;
  /** What TensorFlow prints to standard error: 0 everything, 1 warnings, 2 errors, 3 fatal ones (TF_CPP_MIN_LOG_LEVEL). Default 2. */
  logLevel?: 0 | 1 | 2 | 3;
}

/** The engine that was loaded. */
export interface NativeEngine {
  /** The name of the backend in TensorFlow.js. */
  backend: "tensorflow";
  /** TensorFlow's version, as the library itself says it. */
  version: string;
  gpu: boolean;
  /** One sentence where a TensorFlow with CUDA computes on the processor. */
  gpuFault?: string;
  /** Threads that its operators run on, on a processor. */
  threads: number;
  pairing: Pairing;
}

const backendName = "tensorflow";
const priority = 3;

/**
 * Registers the backend "tensorflow" on the application's tfjs-core, and makes it the current one.
 *
 * The options are environment variables of TensorFlow, which reads them once: in a process that has loaded it already they change nothing.
 * tfjs-core alone has no gradients; an application that trains imports `@tensorflow/tfjs` as well.
 *
 * @throws NativeError `not-installed` when the cache has no pairing, `broken-cache` when it has one that cannot be used,
 *   `load-failed` when the library does not load here
 * @throws RangeError when `threads` is not a positive whole number
 *
 * @example
 * ```ts
 * import { loadNative } from "@gleaner/native";
 * const error = await loadNative({ cache: "/nowhere" }).catch((e) => e);
 * error.message; // => "There is no native engine in /nowhere; install it with: gleaner-native install"
 * ```
 */
export async function loadNative(options: LoadOptions = {}): Promise<NativeEngine> {
  const pairing = choosePairing(options);
  const present = tf.findBackend(backendName) as unknown as NodeBackend | null;
  if (present) {
    await tf.setBackend(backendName);
    return describe(present, pairing);
  }
  setEnvironment(options);
  const before = threadTimes();
  const binding = loadAddon(pairing);
  if (binding.TF_Version !== pairing.tensorflow) {
    throw new NativeError(
      "load-failed",
      `${pairing.addon} loads TensorFlow ${binding.TF_Version} where ${pairing.tensorflow} was installed.`,
    );
  }
  const require = createTfjsRequire(join(pairing.binding, "tfjs"));
  const { NodeJSKernelBackend } = require("dist/nodejs_kernel_backend") as {
    NodeJSKernelBackend: new (binding: unknown, name: string) => tf.KernelBackend;
  };
  require("dist/register_all_kernels");
  tf.registerBackend(backendName, () => new NodeJSKernelBackend(binding, "@gleaner/native"), priority);
  if (!(await tf.setBackend(backendName))) {
    tf.removeBackend(backendName);
    throw new NativeError("load-failed", `TensorFlow ${binding.TF_Version} was loaded, but TensorFlow.js could not start its backend.`);
  }
  releasePages(pairing);
  const { affinity = true } = options;
  if (affinity && !binding.isUsingGpuDevice()) keepThreadsApart(pairing.binding, before, threadsInUse());
  return describe(tf.backend() as unknown as NodeBackend, pairing);
}

function choosePairing(options: FindOptions): Pairing {
  const pairings = listPairings(options);
  const usable = pairings.find(({ fault }) => fault === undefined);
  if (usable) return usable;
  if (pairings[0]) {
    throw new NativeError(
      "broken-cache",
      `The native engine cannot be used, because ${pairings[0].fault}; mend it with: gleaner-native install`,
    );
  }
  const what = [options.gpu ? "with CUDA " : "", options.tensorflow ? `with TensorFlow ${options.tensorflow} ` : ""].join("");
  throw new NativeError(
    "not-installed",
    `There is no native engine ${what}in ${options.cache ?? defaultCacheFolder()}; install it with: gleaner-native install`,
  );
}

function setEnvironment(options: LoadOptions): void {
  const { threads, deterministic = false, bfloat16 = false, memoryGrowth = true, logLevel } = options;
  if (threads !== undefined) {
    if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`threads is ${threads}; expected a positive whole number`);
    process.env["TF_NUM_INTRAOP_THREADS"] = String(threads);
  }
  // TensorFlow turns oneDNN on by itself only where a processor has AVX-512 VNNI or AMX; with AVX2 alone a convolution is four times faster with it.
  if (process.arch === "x64") process.env["TF_ENABLE_ONEDNN_OPTS"] ??= "1";
  if (deterministic) process.env["TF_DETERMINISTIC_OPS"] = "1";
  if (bfloat16) process.env["TF_SET_ONEDNN_FPMATH_MODE"] = "BF16";
  if (memoryGrowth) process.env["TF_FORCE_GPU_ALLOW_GROWTH"] ??= "true";
  if (logLevel === undefined) process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  else process.env["TF_CPP_MIN_LOG_LEVEL"] = String(logLevel);
}

function loadAddon(pairing: Pairing): NodeBackend["binding"] {
  const { addon } = pairing;
  if (!existsSync(addon))
    throw new NativeError("broken-cache", `${addon} has vanished; install the native engine again with: gleaner-native install`);
  try {
    return withoutNotices(pairing, () => createRequire(addon)(addon) as NodeBackend["binding"]);
  } catch (cause) {
    throw new NativeError("load-failed", `${addon} does not load: ${(cause as Error).message.split("\n")[0]}`, { cause });
  }
}

/** Notices that TensorFlow prints while its library starts, before it asks TF_CPP_MIN_LOG_LEVEL. */
const notice = /^(?:I\d{4} |WARNING: All log messages before absl::InitializeLog)/;

/** Runs a task with standard error held back, and passes on what was no notice. */
function withoutNotices<T>({ binding }: Pairing, task: () => T): T {
  if (process.env["TF_CPP_MIN_LOG_LEVEL"] === "0") return task();
  const quiet = createRequire(binding)(join(binding, quietName)) as { hush: () => void; restore: () => string };
  quiet.hush();
  try {
    return task();
  } finally {
    const lines = quiet.restore().split("\n");
    const rest = lines.filter((line) => !notice.test(line)).join("\n");
    if (rest.trim() !== "") process.stderr.write(rest);
  }
}

/** Hands back the memory of what TensorFlow's library reads only while it starts: some 200 MB (Linux only). */
function releasePages({ binding }: Pairing): void {
  const pages = createRequire(binding)(join(binding, pagesName)) as { releasePages: (name: string) => number };
  pages.releasePages("libtensorflow");
}

const describe = (backend: NodeBackend, pairing: Pairing): NativeEngine => ({
  backend: backendName,
  version: backend.binding.TF_Version,
  gpu: backend.isUsingGpuDevice,
  ...(pairing.gpu && !backend.isUsingGpuDevice ? { gpuFault: gpuFault(thisHost()) } : {}),
  threads: threadsInUse(),
  pairing,
});

/** What TensorFlow goes by: the variable, which the option sets too, else the processors. */
const threadsInUse = (): number => Number(process.env["TF_NUM_INTRAOP_THREADS"]) || availableParallelism();
