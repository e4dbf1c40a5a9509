import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { NativeError } from "./errors.js";

/** A file that was written: its path below the destination, and what it holds. */
export interface ExtractedFile {
  path: string;
  bytes: number;
  sha256: string;
}

export interface ExtractOptions {
  /** Where a file of the wheel goes below the destination; undefined leaves it out. */
  place: (name: string) => string | undefined;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/** A wheel lists its files in RECORD; TensorFlow's has 15,000 lines and 2 MB. */
const maxRecordBytes = 64e6;
/** The largest library of TensorFlow 2.21 with CUDA has 1.2 GB; cuDNN and cuBLAS stay below 1 GB each. */
const maxFileBytes = 8e9;
const maxTotalBytes = 32e9;
const maxEntries = 200_000;

interface Recorded {
  sha256: string;
  bytes: number;
}

/** The lines of RECORD: `path,sha256=<base64url>,<bytes>`, where a path with a comma is quoted. */
export function parseRecord(text: string): Map<string, Recorded> {
  const files = new Map<string, Recorded>();
  for (const line of text.split("\n")) {
    const match = /^(?:"((?:[^"]|"")+)"|([^",]+)),sha256=([\w-]{43})=?,(\d+)\s*$/.exec(line);
    if (!match) continue;
    const path = match[1]?.replaceAll('""', '"') ?? match[2]!;
    files.set(path, { sha256: Buffer.from(match[3]!, "base64url").toString("hex"), bytes: Number(match[4]) });
  }
  return files;
}

async function readSmall(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > maxRecordBytes) throw new RangeError(`${entry.fileName} has ${entry.uncompressedSize} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function writeHashed(from: Readable, to: string, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      onBytes(chunk.length);
      next(null, chunk);
    },
  });
  await pipeline(from, watch, createWriteStream(to), ...(signal ? [{ signal }] : []));
  return hash.digest("hex");
}

/**
 * Extracts chosen files of a wheel, each checked against the SHA-256 and the size that the wheel's RECORD says.
 *
 * @returns the files in the order of the archive, and the text of the wheel's METADATA
 * @throws NativeError `bad-wheel` naming the wheel and what is wrong with it
 */
export async function extractWheel(
  wheel: string,
  destination: string,
  options: ExtractOptions,
): Promise<{ files: ExtractedFile[]; metadata: string }> {
  const { place, onProgress, signal } = options;
  const fail = (what: string, cause?: unknown): never => {
    throw new NativeError("bad-wheel", `The wheel ${wheel} ${what}.`, cause === undefined ? undefined : { cause });
  };
  // yauzl refuses absolute names and names with "..", and entries whose size is not the one promised.
  const zip = await openPromise(wheel, { autoClose: false, validateEntrySizes: true }).catch((cause: Error) =>
    fail(`cannot be read as a zip archive (${cause.message})`, cause),
  );
  try {
    if (zip.entryCount > maxEntries) fail(`claims ${zip.entryCount} files, more than ${maxEntries}`);
    const chosen: { entry: Entry; path: string }[] = [];
    let record: Map<string, Recorded> | undefined;
    let metadata = "";
    for await (const entry of zip.eachEntry()) {
      if (/^[^/]+\.dist-info\/RECORD$/.test(entry.fileName)) record = parseRecord(await readSmall(zip, entry));
      if (/^[^/]+\.dist-info\/METADATA$/.test(entry.fileName)) metadata = await readSmall(zip, entry);
      const path = entry.fileName.endsWith("/") ? undefined : place(entry.fileName);
      if (path !== undefined) chosen.push({ entry, path });
    }
    if (!record) return fail("has no RECORD, so nothing in it can be checked");
    const total = chosen.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    if (total > maxTotalBytes) fail(`would unpack to ${total} bytes, more than ${maxTotalBytes}`);

    const files: ExtractedFile[] = [];
    let done = 0;
    for (const { entry, path } of chosen) {
      signal?.throwIfAborted();
      const promised = record.get(entry.fileName);
      if (!promised) return fail(`has ${entry.fileName}, which its RECORD does not list`);
      const bytes = entry.uncompressedSize;
      if (bytes > maxFileBytes || bytes !== promised.bytes)
        fail(`has ${entry.fileName} with ${bytes} bytes where its RECORD says ${promised.bytes}`);
      const target = join(destination, path);
      await mkdir(dirname(target), { recursive: true });
      const source = await zip.openReadStreamPromise(entry);
      const count = (n: number): void => onProgress?.((done += n), total);
      const sha256 = await writeHashed(source, target, count, signal);
      if (sha256 !== promised.sha256) fail(`has ${entry.fileName} with a SHA-256 other than the one in its RECORD`);
      files.push({ path, bytes, sha256 });
    }
    return { files, metadata };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof NativeError || isSystemError(error)) throw error;
    return fail(`is damaged (${(error as Error).message})`, error);
  } finally {
    zip.close();
  }
}

/** Errors of the disk (no room, no permission) are not the wheel's fault. */
const isSystemError = (error: unknown): boolean => error instanceof Error && "syscall" in error;
