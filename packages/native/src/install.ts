import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compileBinding } from "./compile-binding.js";
import { downloadWheel } from "./download-wheel.js";
import { isNativeError, NativeError } from "./errors.js";
import { type ExtractedFile, extractWheel } from "./extract-wheel.js";
import { withLock } from "./lock.js";
import { addonName, findNative, type Manifest, manifestName, type Pairing } from "./pairings.js";
import { type InstallOptions, type InstallPlan, planInstall } from "./plan.js";
import { fetchTfjsPackage } from "./tfjs-package.js";
import { verifyBinding } from "./verify-binding.js";
import { placeNvidia, placeTensorflow, requirementsOfExtra } from "./wheel-contents.js";

/** Where an installation is. `done` and `total` are bytes while it downloads and extracts, and files while it compiles. */
export interface InstallProgress {
  phase: "wait" | "download" | "extract" | "compile" | "verify";
  message: string;
  done?: number;
  total?: number;
}

export interface InstallNativeOptions extends InstallOptions {
  onProgress?: (progress: InstallProgress) => void;
  /** Stops the installation; what was downloaded whole is kept for the next one, the rest is removed. */
  signal?: AbortSignal;
}

/**
 * Pairs tfjs-node with a TensorFlow: fetches the wheel through the user's pip, checks every file that is taken from it, compiles the binding,
 * verifies it in another process, and puts both into the cache by renaming finished folders. Returns at once when the pairing is there.
 *
 * Several projects and processes may share a cache: one installs, the others wait for it. An interrupted installation leaves nothing that
 * could be taken for a finished one, and a wheel that had arrived is used by the next.
 *
 * @throws NativeError with one sentence; its `code` says what is missing or failed
 *
 * @example
 * ```ts
 * import { installNative } from "@gleaner/native";
 * const error = await installNative({ cache: "/tmp/empty", gpu: true, host: { os: "darwin", arch: "arm64" } }).catch((e) => e);
 * error.message; // => "TensorFlow's wheels with CUDA are built for Linux on x64 processors; this system is macOS."
 * ```
 */
export async function installNative(options: InstallNativeOptions = {}): Promise<Pairing> {
  const { onProgress, signal } = options;
  signal?.throwIfAborted();
  const before = await planInstall(options);
  if (before.installed) return before.installed;
  if (before.problems[0]) throw before.problems[0];
  const onWait = (holder: string): void =>
    onProgress?.({ phase: "wait", message: `another installation (process ${holder}) is under way` });
  return withLock(before.cache, () => installLocked(options), { onWait, ...(signal ? { signal } : {}) });
}

async function installLocked(options: InstallNativeOptions): Promise<Pairing> {
  // Planned again, because whoever held the lock may have done the work.
  const plan = await planInstall(options);
  if (plan.installed) return plan.installed;
  if (plan.problems[0]) throw plan.problems[0];
  for (const name of await readdir(plan.cache)) {
    if (name.startsWith(stagingPrefix)) await rm(join(plan.cache, name), { recursive: true, force: true });
  }
  try {
    if (plan.needsRuntime) await installRuntime(plan, options);
    await installBinding(plan, options);
  } catch (error) {
    throw noRoomInstead(error, plan.cache);
  }
  await rm(join(plan.cache, "downloads"), { recursive: true, force: true });
  const { tensorflow, gpu, cache } = plan;
  const pairing = findNative({ cache, tensorflow, gpu });
  if (!pairing) throw new NativeError("broken-cache", `The installation in ${cache} changed while it was made.`);
  return pairing;
}

const stagingPrefix = ".staging-";

/** Builds a folder under a temporary name beside its place, then renames it; on failure nothing stays. */
async function stage(target: string, build: (folder: string) => Promise<Omit<Manifest, "platform"> & { platform: string }>): Promise<void> {
  const cut = target.lastIndexOf("/") + 1;
  const folder = `${target.slice(0, cut)}${stagingPrefix}${target.slice(cut)}`;
  try {
    const manifest = await build(folder);
    await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 1)}\n`);
    await rm(target, { recursive: true, force: true });
    await rename(folder, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function installRuntime(plan: InstallPlan, options: InstallNativeOptions): Promise<void> {
  const { onProgress, signal } = options;
  const { tensorflow, gpu, cache, runtime } = plan;
  const platform = plan.platform!;
  const abort = signal ? { signal } : {};
  const downloads = join(cache, "downloads");
  const total = plan.downloadBytes;
  let fetched = 0;
  const fetch = async (requirement: string): Promise<string> => {
    const wheel = await downloadWheel(requirement, join(downloads, requirement.replaceAll(/[^\w.=-]/g, "_")), {
      python: plan.python!.command,
      platform,
      onProgress: (done) => onProgress?.({ phase: "download", message: requirement, done: fetched + done, total }),
      ...abort,
    });
    fetched += (await stat(wheel)).size;
    return wheel;
  };
  const extract = async (wheel: string, folder: string, place: (name: string) => string | undefined): ReturnType<typeof extractWheel> => {
    try {
      const report = (done: number, bytes: number): void => onProgress?.({ phase: "extract", message: wheel, done, total: bytes });
      return await extractWheel(wheel, folder, { place, onProgress: report, ...abort });
    } catch (error) {
      // A wheel of ours that is damaged would be found damaged again at every further attempt.
      if (isNativeError(error, "bad-wheel") && wheel.startsWith(downloads)) await rm(wheel, { force: true });
      throw error;
    }
  };
  await stage(runtime, async (folder) => {
    const wheel = options.wheel ?? (await fetch(`${platform.wheel}==${tensorflow}`));
    const { files, metadata } = await extract(wheel, folder, placeTensorflow(platform));
    for (const library of platform.libraries) {
      if (!files.some(({ path }) => path === `lib/${library}`)) throw new NativeError("bad-wheel", `The wheel ${wheel} has no ${library}.`);
    }
    if (gpu) {
      for (const requirement of requirementsOfExtra(metadata, "and-cuda")) {
        files.push(...(await extract(await fetch(requirement), folder, placeNvidia)).files);
      }
    }
    return { tensorflow, gpu, platform: platform.key, files };
  });
}

async function installBinding(plan: InstallPlan, options: InstallNativeOptions): Promise<void> {
  const { onProgress, signal } = options;
  const { tensorflow, gpu, runtime, binding } = plan;
  const { key, libraries } = plan.platform!;
  const abort = signal ? { signal } : {};
  await stage(binding, async (folder) => {
    const tfjsFolder = join(folder, "tfjs");
    onProgress?.({ phase: "compile", message: "fetching the sources of the binding" });
    await fetchTfjsPackage(tfjsFolder, options.tfjs, signal);
    const addon = join(folder, addonName);
    await compileBinding({
      compiler: plan.compiler!.command,
      tfjsFolder,
      runtime,
      home: binding,
      libraries,
      platform: key,
      output: addon,
      onProgress: (done, total) => onProgress?.({ phase: "compile", message: plan.compiler!.version, done, total }),
      ...abort,
    });
    onProgress?.({ phase: "verify", message: `TensorFlow ${tensorflow}` });
    await verifyBinding(addon, tensorflow, signal);
    return { tensorflow, gpu, platform: key, files: await describeFiles(folder) };
  });
}

async function describeFiles(folder: string): Promise<ExtractedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: ExtractedFile[] = [];
  for (const entry of entries.filter((e) => e.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    files.push({ path: path.slice(folder.length + 1), bytes: (await stat(path)).size, sha256 });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function noRoomInstead(error: unknown, cache: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOSPC") return error;
  return new NativeError("no-room", `The disk of ${cache} filled up during the installation; nothing unfinished was left there.`, {
    cause: error,
  });
}
