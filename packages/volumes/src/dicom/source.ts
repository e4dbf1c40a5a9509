import { volumeError } from "../errors.js";
import { type BlobLike, namedFiles, type VolumeFileInput } from "../volume-files.js";

/** The bytes of one file, wherever they are. */
export interface DicomSource {
  /** The file's name, for messages. */
  readonly path: string;
  /** Its length in bytes; of deflated data, whose length only their end tells, the most that it can be. */
  readonly size: number;
  /**
   * Bytes from `start` on, fewer than `length` where the file ends; the caller may change them.
   *
   * Where there is `memory` and it is large enough they may be in its first bytes, so that reading many slices takes the memory of a few.
   */
  read(start: number, length: number, memory?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** The sources of files in memory or of a browser, in the order of their names, so that the order in which they were given changes nothing. */
export function sourcesOf(files: VolumeFileInput, who: string): DicomSource[] {
  return namedFiles(files, who)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([path, file]) =>
      "byteLength" in file
        ? { path, size: file.length, read: async (start, length) => new Uint8Array(file.subarray(start, start + length)) }
        : { path, size: file.size, read: async (start, length) => readBlob(file, path, start, length) },
    );
}

async function readBlob(file: BlobLike, path: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.slice(start, Math.min(file.size, start + length)).arrayBuffer());
  } catch (cause) {
    throw volumeError("Unreadable", path, `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
}

/** Does something with each item, a few at a time, so that files are read while others decode and memory stays bounded. */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}
