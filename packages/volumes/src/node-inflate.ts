import { type FileHandle, open } from "node:fs/promises";
import type { Transform } from "node:stream";
import { createGunzip, createUnzip } from "node:zlib";
import { volumeError } from "./errors.js";
import { attempt, systemError } from "./node-errors.js";
import type { Compression } from "./plan.js";

/** How a file is compressed, where it is. */
export type Packing = Exclude<Compression, "none">;

/** How much of a compressed file is in memory at once. */
const inputBytes = 2 ** 18;
/** How much is decompressed at once where chunks are copied. */
const chunkBytes = 2 ** 20;
/** Node takes smaller blocks than this from a pool that others use too. */
const ownBlockBytes = 2 ** 14;
/** Up to this many bytes before the voxels may stay in memory with them. */
const keptBytes = 2 ** 16;

/** Bytes that came out of a stream, and how many there were before it ended or was stopped for having gone on. */
export interface Inflated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly held: number;
}

/**
 * Decompresses `length` bytes after `skip` ones. zlib writes them into one block of memory that becomes the result:
 * asked for chunks as large as all that is wanted, Node hands out one piece of a block after another.
 */
export async function inflateFile(
  path: string,
  start: number,
  packing: Packing,
  { skip, length }: { skip: number; length: number },
): Promise<Inflated> {
  const end = skip + length;
  if (skip > keptBytes) {
    const bytes = new Uint8Array(length);
    return { bytes, held: await inflateCopied(path, start, packing, skip, bytes) };
  }
  let block = new Uint8Array(0);
  const held = await streamFile(path, start, packing, Math.max(ownBlockBytes, end + 1), (chunk, at) => {
    const { buffer, byteOffset } = chunk;
    if (at === 0) block = new Uint8Array(buffer, byteOffset, Math.min(end, buffer.byteLength - byteOffset));
    // Were a later Node to hand out other memory, its pieces would be put together here.
    if (buffer !== block.buffer || byteOffset !== block.byteOffset + at) {
      if (block.length < end) block = joined(block.subarray(0, at), end);
      block.set(chunk.subarray(0, Math.max(0, end - at)), at);
    }
    return at + chunk.length <= end;
  });
  return { bytes: block.subarray(Math.min(skip, block.length), end), held };
}

/** Decompresses into memory that is there, and passes over `skip` bytes without keeping them. */
export async function inflateCopied(path: string, start: number, packing: Packing, skip: number, out: Uint8Array): Promise<number> {
  const end = skip + out.length;
  return streamFile(path, start, packing, chunkBytes, (chunk, at) => {
    const from = Math.max(0, skip - at);
    const to = Math.min(chunk.length, end - at);
    if (to > from) out.set(chunk.subarray(from, to), at + from - skip);
    return at + chunk.length <= end;
  });
}

/** As much of the decompressed start of a file as there is, up to `most` bytes. */
export async function inflateHead(path: string, packing: Packing, most: number): Promise<Uint8Array> {
  const head = new Uint8Array(most);
  const length = await streamFile(path, 0, packing, chunkBytes, (chunk, at) => {
    head.set(chunk.subarray(0, most - at), at);
    return at + chunk.length < most;
  });
  return head.subarray(0, Math.min(most, length));
}

/** Feeds a decompressed file to `take` until that answers false; returns how many bytes there were. At the exact end it goes on to the checksum. */
async function streamFile(
  path: string,
  start: number,
  packing: Packing,
  chunkSize: number,
  take: (chunk: Uint8Array<ArrayBuffer>, at: number) => boolean,
): Promise<number> {
  const file = await attempt(path, () => open(path));
  // A gzip stream is told by its magic where a zlib stream is expected.
  const chunks = packing === "gzip" ? createGunzip({ chunkSize }) : createUnzip({ chunkSize });
  // A failed source has to end the stream that waits for it.
  const fed = feed(file, start, chunks).catch((error: unknown) => void chunks.destroy(error as Error));
  let at = 0;
  try {
    for await (const chunk of chunks as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      const more = take(chunk, at);
      at += chunk.length;
      if (!more) break;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR")
      throw volumeError("Truncated", path, `its ${packing} stream ends early, after ${at} bytes`, { offset: start, cause });
    if (code?.startsWith("Z_"))
      throw volumeError("Corrupt", path, `its ${packing} stream does not decode (${message})`, { offset: start, cause });
    throw systemError(path, cause);
  } finally {
    chunks.destroy();
    await fed;
    await file.close();
  }
  return at;
}

/** Writes a file into a stream, always from the same memory, until the stream ends, fails or is destroyed. */
async function feed(file: FileHandle, start: number, into: Transform): Promise<void> {
  const buffer = new Uint8Array(inputBytes);
  const closed = new Promise<void>((resolve) => into.once("close", resolve));
  for (let position = start; !into.destroyed; ) {
    const { bytesRead } = await file.read(buffer, 0, inputBytes, position);
    if (into.destroyed) return;
    if (bytesRead === 0) {
      into.end();
      return;
    }
    position += bytesRead;
    // The answer of a stream that was destroyed meanwhile may never come.
    const written = new Promise<void>((resolve) => into.write(buffer.subarray(0, bytesRead), () => resolve()));
    await Promise.race([written, closed]);
  }
}

function joined(first: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  out.set(first);
  return out;
}
