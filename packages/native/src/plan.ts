import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { defaultCacheFolder } from "./cache-folder.js";
import { isNativeError, NativeError } from "./errors.js";
import { driverFault } from "./nvidia-driver.js";
import { bindingName, listPairings, type Pairing, runtimeName } from "./pairings.js";
import { choosePlatform, type Host, type Platform, thisHost } from "./platform.js";
import { sizesOf } from "./sizes.js";
import { tfjsNode } from "./tfjs-package.js";
import { findCompiler, findNpm, findPython, type Tool } from "./tools.js";

/** What to install. */
export interface InstallOptions {
  /** The version of TensorFlow, such as `2.21.0`. Default: that of `wheel`, else 2.21.0. */
  tensorflow?: string;
  /** With CUDA: Linux on x64 only. Default false. */
  gpu?: boolean;
  /** A wheel of TensorFlow on this disk, for machines that cannot reach an index. */
  wheel?: string;
  /** The npm archive of @tensorflow/tfjs-node-gpu on this disk, for machines that cannot reach a registry. */
  tfjs?: string;
  /** The Python whose pip fetches the wheel. Default: python3, else python. */
  python?: string;
  /** The cache folder. Default: `$GLEANER_CACHE`, else `~/.cache/gleaner`. */
  cache?: string;
  /** For tests: the machine to plan for. Default: this one. */
  host?: Host;
}

/** Something to fetch. */
export interface Download {
  what: string;
  /** About how many bytes. */
  bytes: number;
  /** Who fetches it. */
  by: "pip" | "npm";
}

/** What an installation would do, and what stands in its way. */
export interface InstallPlan {
  tensorflow: string;
  gpu: boolean;
  cache: string;
  /** The folders that will be made, or are there already. */
  runtime: string;
  binding: string;
  /** The usable pairing that is there already; then nothing is to be done. */
  installed?: Pairing;
  /** Why a pairing that is there will be made again. */
  repairs?: string;
  needsRuntime: boolean;
  downloads: Download[];
  downloadBytes: number;
  /** What the disk must hold at the height of the installation, and what it has. */
  diskBytes: number;
  freeBytes: number;
  platform?: Platform;
  python?: Tool;
  compiler?: Tool;
  /** What installs, but will not do all that was asked for: with CUDA, a machine without NVIDIA's driver. */
  warnings: string[];
  /** What is missing, each as the error that installing would throw. */
  problems: NativeError[];
}

const defaultTensorflow = "2.21.0";
const bindingBytes = 3_000_000;

/** The name and the version that a wheel's file name says (PEP 427). */
function readWheelName(path: string): { name: string; version: string; platform: string } {
  const match = /^(tensorflow(?:_cpu)?)-(\d+\.\d+\.\d+\w*)-[^-]+-[^-]+-([^-]+)\.whl$/.exec(basename(path));
  if (!match)
    throw new NativeError(
      "bad-wheel",
      `${path} is not named like a wheel of TensorFlow (tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl).`,
    );
  return { name: match[1]!, version: match[2]!, platform: match[3]! };
}

function checkWheel(path: string, asked: string | undefined, platform: Platform | undefined): void {
  if (!existsSync(path)) throw new NativeError("no-wheel", `There is no wheel at ${path}.`);
  const wheel = readWheelName(path);
  if (asked !== undefined && asked !== wheel.version) {
    throw new NativeError("bad-wheel", `${path} is TensorFlow ${wheel.version} where ${asked} was asked for.`);
  }
  const machine = platform?.tags[0]?.replace(/^manylinux_\d+_\d+_|^macosx_\d+_\d+_/, "");
  if (machine !== undefined && !wheel.platform.endsWith(machine)) {
    throw new NativeError(
      "unsupported-platform",
      `${path} is built for ${wheel.platform}; this machine needs one that ends in ${machine}.`,
    );
  }
}

async function freeBytesAt(folder: string): Promise<number> {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  return bavail * bsize;
}

/**
 * Says what {@link installNative} would download, how large it is, where it goes, and what is missing; changes nothing.
 *
 * @throws RangeError when `tensorflow` is not a version such as 2.21.0
 *
 * @example
 * ```ts
 * import { planInstall } from "@gleaner/native";
 * const plan = await planInstall({ cache: "/tmp/empty", host: { os: "linux", arch: "riscv64", glibc: "2.39" } });
 * plan.problems[0].message; // => "TensorFlow's wheels for Linux are built for x64 and arm64 processors; this one is riscv64."
 * ```
 */
export async function planInstall(options: InstallOptions = {}): Promise<InstallPlan> {
  const { gpu = false, wheel, python, host = thisHost() } = options;
  const cache = resolve(options.cache ?? defaultCacheFolder());
  const problems: NativeError[] = [];
  const attempt = async <T>(task: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await task();
    } catch (error) {
      if (!isNativeError(error)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const named = wheel === undefined ? undefined : await attempt(() => readWheelName(wheel));
  const tensorflow = options.tensorflow ?? named?.version ?? defaultTensorflow;
  if (!/^\d+\.\d+\.\d+\w*$/.test(tensorflow))
    throw new RangeError(`tensorflow is ${JSON.stringify(tensorflow)}; expected a version such as ${defaultTensorflow}`);

  const platform = await attempt(() => choosePlatform(host, tensorflow, gpu));
  const key = platform?.key ?? `${host.os}-${host.arch}`;
  const present = platform ? listPairings({ cache, tensorflow, gpu })[0] : undefined;
  const installed = present && present.fault === undefined ? present : undefined;
  const runtime = join(cache, runtimeName(tensorflow, gpu, key));
  const binding = join(cache, bindingName(tensorflow, gpu, key));
  // A fault outside the runtime's folder is the binding's, and only that is made again.
  const needsRuntime = !present || (present.fault?.startsWith(runtime) ?? false);
  const warning = gpu && platform ? driverFault(host) : undefined;
  const warnings = warning === undefined ? [] : [warning];
  const base = { tensorflow, gpu, cache, runtime, binding, warnings, ...(platform ? { platform } : {}) };
  if (installed) {
    return {
      ...base,
      installed,
      needsRuntime: false,
      downloads: [],
      downloadBytes: 0,
      diskBytes: 0,
      freeBytes: await freeBytesAt(cache),
      problems,
    };
  }

  const downloads: Download[] = [];
  const sizes = sizesOf(gpu);
  let diskBytes = bindingBytes;
  let foundPython: Tool | undefined;
  if (needsRuntime) {
    if (wheel === undefined) {
      downloads.push({
        what: `${platform?.wheel ?? "tensorflow"} ${tensorflow}${gpu ? " and its CUDA libraries" : ""}`,
        bytes: sizes.download,
        by: "pip",
      });
      diskBytes += sizes.download;
    } else if (named) await attempt(() => checkWheel(wheel, options.tensorflow, platform));
    if (wheel === undefined || gpu) foundPython = await attempt(() => findPython(python));
    diskBytes += sizes.installed;
  }
  if (options.tfjs === undefined) {
    downloads.push({ what: `${tfjsNode.name} ${tfjsNode.version}`, bytes: tfjsNode.bytes, by: "npm" });
    await attempt(() => findNpm());
  } else if (!statSync(options.tfjs, { throwIfNoEntry: false })) {
    problems.push(new NativeError("download-failed", `There is no npm archive at ${options.tfjs}.`));
  }
  const compiler = await attempt(() => findCompiler());
  const freeBytes = await freeBytesAt(cache);
  if (freeBytes < diskBytes) {
    const mb = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
    problems.push(
      new NativeError("no-room", `The installation needs ${mb(diskBytes)} at ${cache}, and its disk has ${mb(freeBytes)} left.`),
    );
  }
  return {
    ...base,
    ...(present?.fault === undefined ? {} : { repairs: present.fault }),
    needsRuntime,
    downloads,
    downloadBytes: downloads.reduce((sum, { bytes }) => sum + bytes, 0),
    diskBytes,
    freeBytes,
    ...(foundPython ? { python: foundPython } : {}),
    ...(compiler ? { compiler } : {}),
    problems,
  };
}
