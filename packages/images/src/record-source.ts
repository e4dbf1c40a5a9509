import { closeSync, openSync, readSync, statSync } from "node:fs";
import { imageSetError } from "./image-set-error.js";
import { checkIndex, type ImageSource } from "./image-source.js";
import { scatterPixels } from "./planes.js";

/** A file of records of one length, each with some bytes before the planes of an image. */
export interface RecordFile {
  readonly path: string;
  readonly records: number;
}

export interface RecordLayout {
  /** The bytes of a record that come before its image. */
  readonly before: number;
  /** Where each byte of the image belongs (`pixelPlaces`). */
  readonly places: Int32Array;
}

/** The length of a file that is to be read in parts. */
export function sizeOfFile(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw imageSetError("NotFound", path, "it does not exist");
  if (!stats.isFile()) throw imageSetError("NotFound", path, "it is no file");
  return stats.size;
}

/** Fills the array with the bytes of an open file from an offset on. */
export function readFully(file: number, into: Uint8Array, offset: number, path: string): void {
  for (let done = 0; done < into.length; ) {
    const got = readSync(file, into, done, into.length - done, offset + done);
    if (got === 0) throw imageSetError("Truncated", path, `it ends at byte ${offset + done}, it was longer when it was opened`);
    done += got;
  }
}

// Records that lie side by side are read at once, up to this many bytes.
const runBytes = 2 ** 22;

/** A source that reads the records of files when their images are asked for; nothing of the pixels stays in memory. */
export function recordSource(files: readonly RecordFile[], layout: RecordLayout, facts: Omit<ImageSource, "read" | "close">): ImageSource {
  const { before, places } = layout;
  const recordBytes = before + places.length;
  const [count] = facts.shape;
  const starts = [0];
  for (const { records } of files) starts.push(starts.at(-1)! + records);
  const open: number[] = [];
  try {
    for (const { path } of files) open.push(openSync(path, "r"));
  } catch (error) {
    for (const file of open) closeSync(file);
    throw error;
  }
  let closed = false;
  return {
    ...facts,
    read(indices) {
      if (closed) throw new RangeError(`a source must be open to be read, ${files[0]?.path} was closed`);
      const images = new Uint8Array(indices.length * places.length);
      for (let i = 0; i < indices.length; i++) checkIndex(indices[i]!, count);
      for (let i = 0; i < indices.length; ) {
        const which = starts.findLastIndex((start) => start <= indices[i]!);
        const first = indices[i]! - starts[which]!;
        const { path, records } = files[which]!;
        let run = 1;
        const most = Math.min(records - first, Math.max(1, Math.floor(runBytes / recordBytes)), indices.length - i);
        while (run < most && indices[i + run] === indices[i]! + run) run++;
        const bytes = new Uint8Array(run * recordBytes);
        readFully(open[which]!, bytes, first * recordBytes, path);
        for (let k = 0; k < run; k++) scatterPixels(bytes, k * recordBytes + before, places, images, (i + k) * places.length);
        i += run;
      }
      return images;
    },
    close() {
      if (closed) return;
      closed = true;
      for (const file of open) closeSync(file);
    },
  };
}
