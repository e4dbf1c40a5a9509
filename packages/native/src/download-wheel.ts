import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { NativeError } from "./errors.js";
import type { Platform } from "./platform.js";
import { runCommand, tellingLine } from "./run-command.js";

interface DownloadOptions {
  python: string;
  platform: Platform;
  onProgress?: (doneBytes: number) => void;
  signal?: AbortSignal;
}

/** A Python whose wheels every TensorFlow since 2.12 has. Nothing in the C library depends on it. */
const pythonTag = { version: "3.11", abi: "cp311" };

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) => stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 })));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

/** pip's failure in one sentence that names what to look at. */
function explainPip(requirement: string, output: string): NativeError {
  if (/No space left on device|Errno 28/.test(output)) {
    return new NativeError("no-room", `The disk filled up while pip fetched ${requirement}.`);
  }
  if (/hashes|do not match/i.test(output) && /THESE PACKAGES DO NOT MATCH/i.test(output)) {
    return new NativeError("bad-wheel", `pip refused ${requirement}: what arrived has another hash than the index says.`);
  }
  // With no network pip finds no versions either, so this must be asked first.
  const connection =
    /(NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|Temporary failure in name resolution|Connection refused|Network is unreachable|Max retries exceeded)/.exec(
      output,
    )?.[1];
  if (connection) {
    return new NativeError(
      "download-failed",
      `pip could not reach its package index for ${requirement} (${connection}); check the network, or pip's index-url and proxy settings.`,
    );
  }
  const versions = /\(from versions: ([^)]*)\)/.exec(output)?.[1];
  if (versions !== undefined) {
    const found = versions === "none" ? "none for this platform" : versions;
    return new NativeError("no-wheel", `pip's package index has no wheel of ${requirement}; it has ${found}.`);
  }
  return new NativeError("download-failed", `pip could not fetch ${requirement}: ${tellingLine(output)}`);
}

/**
 * Fetches one wheel into a folder through the user's pip, so that mirrors, proxies and folders of wheels work as they are configured there.
 * pip checks what arrives against the hash in the index. A wheel that is already there is taken as it is.
 *
 * @returns the path of the wheel
 */
export async function downloadWheel(requirement: string, folder: string, options: DownloadOptions): Promise<string> {
  const { python, platform, onProgress, signal } = options;
  await mkdir(folder, { recursive: true });
  const present = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  if (present) return join(folder, present);

  // pip writes to its temporary folder while it downloads; on the cache's own disk that can be watched and is sure to be removed.
  const temporary = join(folder, "partial");
  await rm(temporary, { recursive: true, force: true });
  const arrival = join(temporary, "arrival");
  await mkdir(arrival, { recursive: true });
  const watch = setInterval(() => void bytesBelow(temporary).then((bytes) => onProgress?.(bytes)), 250).unref();
  try {
    const base = [
      "-m",
      "pip",
      "download",
      "--no-deps",
      "--only-binary=:all:",
      "--progress-bar",
      "off",
      "--no-input",
      "--disable-pip-version-check",
      "-d",
      arrival,
    ];
    const fixed = [
      "--implementation",
      "cp",
      "--python-version",
      pythonTag.version,
      "--abi",
      pythonTag.abi,
      ...platform.tags.flatMap((tag) => ["--platform", tag]),
    ];
    const env = { TMPDIR: temporary };
    const run = (extra: string[]): ReturnType<typeof runCommand> =>
      runCommand(python, [...base, ...extra, requirement], { env, ...(signal ? { signal } : {}) });
    const first = await run(fixed);
    // A folder of wheels or a small mirror may hold only the wheel for the Python that is installed.
    const result = first.code !== 0 && explainPip(requirement, first.stdout + first.stderr).code === "no-wheel" ? await run([]) : first;
    const wheel = result.code === 0 ? (await readdir(arrival)).find((name) => name.endsWith(".whl")) : undefined;
    if (!wheel) throw explainPip(requirement, first.stdout + first.stderr);
    await rename(join(arrival, wheel), join(folder, wheel));
    return join(folder, wheel);
  } finally {
    clearInterval(watch);
    await rm(temporary, { recursive: true, force: true });
  }
}
