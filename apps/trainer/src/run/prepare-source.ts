import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { volumeFiles } from "@gleaner/volumes/node";
import { workError } from "../errors.js";
import type { Scan } from "./data-split.js";
import { writeWhole } from "./run-folder.js";

/** What a scan is made of on disk. */
export interface ScanSource {
  /** SHA-256 of the files' contents, in hexadecimal. */
  checksum: string;
  /** Throws where a file has changed since the checksum was begun, as what is read now may be of either state. */
  checkUnchanged(): Promise<void>;
}

/** A file that was written to so shortly before it was looked at may be written to again within the same tick of the file system's clock. */
const settledAfterMs = 2000;

/**
 * The checksum of a scan's files, by content: streamed, or from the folder's note on the very same files.
 *
 * The note holds sizes, times of change and inodes. A program can set a file's time of modification back, but not its time of change, so that
 * a note speaks only of bytes that are still the same; files that are younger than a tick of the clock get none. Without `hash` nothing is read:
 * undefined where there is no such note.
 */
export async function sourceOf(scan: Scan, folder: string): Promise<ScanSource>;
export async function sourceOf(scan: Scan, folder: string, options: { hash: boolean }): Promise<ScanSource | undefined>;
export async function sourceOf(scan: Scan, folder: string, { hash = true } = {}): Promise<ScanSource | undefined> {
  const files = await volumeFiles(scan.files ?? scan.path);
  const state = await stateOf(files);
  const name = createHash("sha256")
    .update(JSON.stringify([resolve(scan.path), scan.series ?? ""]))
    .digest("hex");
  const notePath = join(folder, "sources", `${name.slice(0, 24)}.json`);
  const checkUnchanged = async (): Promise<void> => {
    if ((await stateOf(files)).digest !== state.digest)
      throw workError(`${scan.path} was changed while it was read; expected files that stay as they are until they are prepared`);
  };
  const note = await readNote(notePath);
  if (note?.state === state.digest) return { checksum: note.checksum, checkUnchanged };
  if (!hash) return undefined;
  const settled = Date.now() - state.newestMs > settledAfterMs;
  const checksum = await checksumOf(files);
  await checkUnchanged();
  if (settled) {
    await mkdir(join(folder, "sources"), { recursive: true });
    writeWhole(notePath, JSON.stringify({ state: state.digest, checksum }));
  }
  return { checksum, checkUnchanged };
}

async function stateOf(files: readonly string[]): Promise<{ digest: string; newestMs: number }> {
  const hash = createHash("sha256");
  let newest = 0n;
  for (const path of files) {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    hash.update(`${[resolve(path), dev, ino, size, mtimeNs, ctimeNs].join("\n")}\n`);
    for (const time of [mtimeNs, ctimeNs]) if (time > newest) newest = time;
  }
  return { digest: hash.digest("hex"), newestMs: Number(newest / 1_000_000n) };
}

/** Contents alone, each with its length: files that are renamed or moved stay the same scan. */
async function checksumOf(files: readonly string[]): Promise<string> {
  const all = createHash("sha256");
  for (const path of files) {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    all.update(`${bytes} ${hash.digest("hex")}\n`);
  }
  return all.digest("hex");
}

/** A note that is missing or broken is no note. */
async function readNote(path: string): Promise<{ state: string; checksum: string } | undefined> {
  try {
    const { state, checksum } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    return typeof state === "string" && /^[0-9a-f]{64}$/.test(String(checksum)) ? { state, checksum: String(checksum) } : undefined;
  } catch {
    return undefined;
  }
}
