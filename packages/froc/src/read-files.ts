import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type FrocFileErrorTag, fileError, isFrocFileError } from "./file-error.js";
import { createMarkReader, type MarkSink, parseFindings, parseScans, type TabledFinding } from "./tables.js";

const chunkBytes = 2 ** 18;

const tagOf = (code: unknown): FrocFileErrorTag => {
  if (code === "ENOENT") return "NotFound";
  return typeof code === "string" && code.startsWith("Z_") ? "Corrupt" : "Unreadable";
};

/** Errors of the file system and of zlib as errors of this package. */
function asFileError(error: unknown, path: string): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (isFrocFileError(error) || typeof code !== "string") return error;
  const tag = tagOf(code);
  const messages: Partial<Record<FrocFileErrorTag, string>> = {
    NotFound: "the file does not exist",
    Corrupt: "the gzip data does not decode",
  };
  return fileError(tag, path, messages[tag] ?? `the file cannot be read (${code})`, { cause: error });
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Hands the bytes of a file on piece by piece, unpacked if they are gzip data (whatever the file is called). */
async function eachChunk(path: string, use: (chunk: Uint8Array) => void): Promise<void> {
  try {
    const gzipped = await isGzip(path);
    const source = createReadStream(path, { highWaterMark: chunkBytes });
    const sink = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const chunk of chunks) use(chunk);
    };
    if (gzipped) await pipeline(source, createGunzip({ chunkSize: chunkBytes }), sink);
    else await pipeline(source, sink);
  } catch (error) {
    throw asFileError(error, path);
  }
}

async function readAll(path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await eachChunk(path, (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks);
}

/**
 * Reads a list of scans (LUNA16's seriesuids.csv: one identifier a line, no header), gzipped or not.
 *
 * @throws FrocFileError if the file is not there or does not decode.
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readScans } from "@gleaner/froc/node";
 *
 * const path = join(mkdtempSync(join(tmpdir(), "froc-")), "seriesuids.csv");
 * writeFileSync(path, "scan-1\r\nscan-2\r\n");
 * await readScans(path); // => ["scan-1", "scan-2"]
 * ```
 */
export async function readScans(path: string): Promise<string[]> {
  return parseScans(await readAll(path), path);
}

/**
 * Reads findings (annotations.csv, annotations_excluded.csv) with all their columns, gzipped or not.
 *
 * @throws FrocFileError for a file that is not there and for rows that are not what the header promises.
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readFindings } from "@gleaner/froc/node";
 *
 * const path = join(mkdtempSync(join(tmpdir(), "froc-")), "annotations.csv");
 * writeFileSync(path, "seriesuid,coordX,coordY,coordZ,diameter_mm\nscan-1,1,2,3,6.5\n");
 * (await readFindings(path))[0].diameterMm; // => 6.5
 * ```
 */
export async function readFindings(path: string): Promise<TabledFinding[]> {
  return parseFindings(await readAll(path), path);
}

/**
 * Reads marks one at a time, gzipped or not, so that a file of any length can be read; gives their number.
 *
 * @throws FrocFileError for a file that is not there and for rows that are not what the header promises.
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readMarks } from "@gleaner/froc/node";
 *
 * const path = join(mkdtempSync(join(tmpdir(), "froc-")), "candidates.csv");
 * writeFileSync(path, "seriesuid,coordX,coordY,coordZ,probability\nscan-1,1,2,3,0.5\n");
 * let highest = 0;
 * await readMarks(path, (scan, x, y, z, probability) => (highest = Math.max(highest, probability))); // => 1
 * highest; // => 0.5
 * ```
 */
export async function readMarks(path: string, add: MarkSink): Promise<number> {
  let marks = 0;
  const reader = createMarkReader((scan, x, y, z, probability, diameterMm) => {
    marks++;
    add(scan, x, y, z, probability, diameterMm);
  }, path);
  await eachChunk(path, (chunk) => reader.push(chunk));
  reader.end();
  return marks;
}
