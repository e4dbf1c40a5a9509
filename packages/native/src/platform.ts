import { NativeError } from "./errors.js";
import { hasNvidiaDriver } from "./nvidia-driver.js";

/** What this package needs to know about a machine. */
export interface Host {
  os: string;
  arch: string;
  /** Undefined where the C library is another one (musl), and off Linux. */
  glibc?: string | undefined;
  /** Whether NVIDIA's driver is loaded; undefined where that is not known. */
  nvidiaDriver?: boolean | undefined;
}

/** A machine on which a TensorFlow wheel can be used. */
export interface Platform {
  /** The name in cache folders, such as `linux-x64`. */
  key: string;
  /** The wheel's name on PyPI. */
  wheel: string;
  /** The platform tags that pip may choose from. */
  tags: string[];
  /** The file names of TensorFlow's two libraries inside the wheel. */
  libraries: [main: string, framework: string];
}

/** The machine that runs this process. */
export function thisHost(): Host {
  const { platform: os, arch } = process;
  return { os, arch, glibc: os === "linux" ? glibcVersion() : undefined, nvidiaDriver: hasNvidiaDriver(os) };
}

function glibcVersion(): string | undefined {
  // The report lists network interfaces, which can take seconds on machines without name resolution.
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime;
  } finally {
    if (before !== undefined) report.excludeNetwork = before;
  }
}

const versionNumbers = (version: string): number[] => version.split(".").map((part) => Number.parseInt(part, 10) || 0);

/** Orders versions by their numbers: negative when `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionNumbers(a), versionNumbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The C library that the wheels of a TensorFlow version were built for: manylinux_2_27 since 2.21, manylinux_2_17 before. */
const glibcOf = (tensorflow: string): string => (compareVersions(tensorflow, "2.21") >= 0 ? "2.27" : "2.17");

/**
 * Which wheel fits a machine.
 *
 * @throws NativeError `unsupported-platform` or `old-glibc`, with one sentence that says what the machine is and what would do.
 */
export function choosePlatform(host: Host, tensorflow: string, gpu: boolean): Platform {
  const { os, arch, glibc } = host;
  const refuse = (why: string): never => {
    throw new NativeError("unsupported-platform", why);
  };
  if (os === "linux") {
    if (arch !== "x64" && arch !== "arm64") {
      refuse(`TensorFlow's wheels for Linux are built for x64 and arm64 processors; this one is ${arch}.`);
    }
    if (glibc === undefined) {
      refuse("TensorFlow's wheels for Linux need the GNU C library (glibc); this system has another one, as Alpine with its musl does.");
    }
    const needed = glibcOf(tensorflow);
    if (compareVersions(glibc!, needed) < 0) {
      const older = compareVersions(glibc!, "2.17") >= 0 ? "; TensorFlow 2.20.0 needs only 2.17" : "";
      throw new NativeError("old-glibc", `TensorFlow ${tensorflow} needs glibc ${needed} or newer; this system has ${glibc}${older}.`);
    }
    const machine = arch === "x64" ? "x86_64" : "aarch64";
    if (gpu && arch !== "x64") refuse("TensorFlow's wheels with CUDA are built for Linux on x64 processors; this one is arm64.");
    const tags = ["manylinux_2_17", "manylinux2014", ...(compareVersions(glibc!, "2.27") >= 0 ? ["manylinux_2_27"] : [])];
    return {
      key: `linux-${arch}`,
      wheel: gpu || arch !== "x64" ? "tensorflow" : "tensorflow-cpu",
      tags: tags.reverse().map((tag) => `${tag}_${machine}`),
      libraries: ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"],
    };
  }
  if (os === "darwin") {
    if (arch !== "arm64") refuse(`TensorFlow's wheels for macOS are built for arm64 processors (Apple silicon); this one is ${arch}.`);
    if (gpu) refuse("TensorFlow's wheels with CUDA are built for Linux on x64 processors; this system is macOS.");
    return {
      key: "darwin-arm64",
      wheel: "tensorflow",
      tags: ["macosx_12_0_arm64", "macosx_11_0_arm64"],
      libraries: ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"],
    };
  }
  return refuse(`TensorFlow's C library comes in wheels for Linux and macOS only; this system is ${os}.`);
}
