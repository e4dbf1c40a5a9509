import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { decodeFolder, type FolderPlan, planFolder, type ReadImageFolderOptions } from "./decode-folder.js";
import { writeBytes } from "./files.js";
import { checkIndex, type ImageSource } from "./image-source.js";
import type { LeftOutFile } from "./list-image-folder.js";
import type { ImageFolder } from "./read-image-folder.js";
import { recordSource } from "./record-source.js";

export interface OpenImageFolderOptions extends ReadImageFolderOptions {
  /** The file that keeps the decoded pixels, to be removed when it is no longer needed; a small `.json` lies beside it. */
  cache: string;
}

/** A folder of pictures as a source. */
export interface ImageFolderSource
  extends Omit<ImageSource, "classNames">,
    Pick<ImageFolder, "classNames" | "files" | "ignored" | "broken"> {}

// Kept in the note; another number makes caches of an older layout be written anew.
const version = 1;
// 64 GiB of decoded pixels: more are surely a wrong size.
const defaultMaxBytes = 2 ** 36;

/** The note beside the pixels: what they were made of, and what could not be decoded. */
interface CacheNote {
  version: number;
  key: string;
  bytes: number;
  broken: [number, LeftOutFile][];
}

/** Changes when a file is added, removed, renamed or written to, and with the size, the channels and the classes. */
function keyOf(folder: string, plan: FolderPlan, broken: string): string {
  const hash = createHash("sha256").update(JSON.stringify([version, plan.form, plan.listed.classNames, broken]));
  for (const { path, label } of plan.listed.files) {
    const { size, mtimeMs } = statSync(join(folder, path));
    hash.update(JSON.stringify([path, label, size, mtimeMs]));
  }
  return hash.digest("hex");
}

/** The note of pixels that are whole and were made of the same files. */
function noteOf(cache: string, key: string): CacheNote | undefined {
  try {
    const note = JSON.parse(readFileSync(`${cache}.json`, "utf8")) as CacheNote;
    return note.key === key && note.version === version && statSync(cache).size === note.bytes ? note : undefined;
  } catch {
    return undefined;
  }
}

/** Decodes into a file beside the cache, which takes its place when it is whole. */
async function fill(folder: string, plan: FolderPlan, options: OpenImageFolderOptions, key: string): Promise<CacheNote> {
  const { cache } = options;
  mkdirSync(dirname(cache), { recursive: true });
  const temporary = `${cache}.${process.pid}.tmp`;
  const file = openSync(temporary, "w");
  let open = true;
  try {
    const faults = await decodeFolder(folder, plan, options, (pixels, i) => {
      for (let done = 0; done < pixels.length; ) done += writeSync(file, pixels, done, pixels.length - done, i * plan.size + done);
    });
    closeSync(file);
    open = false;
    // A note must never stand beside pixels that it does not describe.
    rmSync(`${cache}.json`, { force: true });
    renameSync(temporary, cache);
    const note: CacheNote = { version, key, bytes: statSync(cache).size, broken: [...faults] };
    writeBytes(`${cache}.json`, new TextEncoder().encode(JSON.stringify(note)));
    return note;
  } finally {
    if (open) closeSync(file);
    if (existsSync(temporary)) rmSync(temporary);
  }
}

/**
 * Opens a folder of pictures of any number: as `readImageFolder`, but the decoded pixels go to a file and are read from it when they are
 * asked for. The file is used again as long as no picture, size or class has changed, so that only the first run decodes.
 *
 * @param options those of `readImageFolder` and `cache`; `maxBytes` bounds the file (default 64 GiB)
 * @returns a source, to be closed
 * @throws ImageSetError and RangeError (rejects) as `readImageFolder` does; the file system's error where the cache cannot be written
 *
 * @example
 * ```ts
 * import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { openImageFolder } from "@gleaner/images/node";
 * const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
 * const folder = mkdtempSync(join(tmpdir(), "folder-"));
 * mkdirSync(join(folder, "scans", "benign"), { recursive: true });
 * writeFileSync(join(folder, "scans", "benign", "1.png"), Buffer.from(png, "base64"));
 * const source = await openImageFolder(join(folder, "scans"), { size: 2, channels: 1, cache: join(folder, "scans.pixels") });
 * source.shape; // => [1, 2, 2, 1]
 * source.read([0]); // => [128, 128, 128, 128]
 * source.close();
 * ```
 */
export async function openImageFolder(folder: string, options: OpenImageFolderOptions): Promise<ImageFolderSource> {
  const { cache, broken = "refuse", maxBytes = defaultMaxBytes } = options;
  const plan = planFolder(folder, options, maxBytes);
  const { form, listed } = plan;
  const key = keyOf(folder, plan, broken);
  const note = noteOf(cache, key) ?? (await fill(folder, plan, options, key));
  const faults = new Map(note.broken);
  const kept = Int32Array.from(listed.files.keys()).filter((i) => !faults.has(i));
  const facts = {
    shape: [kept.length, form.height, form.width, form.channels] as const,
    labels: Int32Array.from(kept, (i) => listed.files[i]!.label),
    classNames: listed.classNames,
  };
  // Pictures that were left out keep their place in the file.
  const layout = { before: 0, places: Int32Array.from({ length: plan.size }, (_, i) => i) };
  const places = recordSource([{ path: cache, records: listed.files.length }], layout, {
    ...facts,
    shape: [listed.files.length, form.height, form.width, form.channels],
  });
  return {
    ...facts,
    files: Array.from(kept, (i) => listed.files[i]!.path),
    ignored: listed.ignored,
    broken: [...faults.values()],
    read(indices) {
      return places.read(
        Array.from(indices, (index) => {
          checkIndex(index, kept.length);
          return kept[index]!;
        }),
      );
    },
    close: places.close,
  };
}
