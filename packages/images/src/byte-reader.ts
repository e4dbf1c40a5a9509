import { Unzlib } from "fflate";
import { imageSetError } from "./image-set-error.js";

/** Takes bytes from the front of a stream of chunks, so that no more of a large file than a chunk is held. */
export interface ByteReader {
  readonly path: string;
  /** Exactly that many bytes, to be used before the next call. */
  take(length: number, what: string): Uint8Array;
  /** Hands on exactly that many bytes in pieces. */
  each(length: number, what: string, use: (piece: Uint8Array) => void): void;
  /** Passes over what is at hand, and says how much that was. */
  skip(): number;
  atEnd(): boolean;
}

/** The reader of some chunks; what they promise and do not hold is a `Truncated` error that names it. */
export function byteReader(chunks: Iterable<Uint8Array>, path: string): ByteReader {
  const iterator = chunks[Symbol.iterator]();
  let chunk = new Uint8Array();
  let at = 0;
  const filled = (): boolean => {
    while (at === chunk.length) {
      const next = iterator.next();
      if (next.done) return false;
      // Of a Buffer of Node, slice() would be no copy.
      chunk = new Uint8Array(next.value.buffer as ArrayBuffer, next.value.byteOffset, next.value.byteLength);
      at = 0;
    }
    return true;
  };
  const each: ByteReader["each"] = (length, what, use) => {
    for (let left = length; left > 0; ) {
      if (!filled()) throw imageSetError("Truncated", path, `${what} needs ${length} bytes, and it ends ${left} before`);
      const piece = chunk.subarray(at, at + left);
      at += piece.length;
      left -= piece.length;
      use(piece);
    }
  };
  const take: ByteReader["take"] = (length, what) => {
    if (filled() && at + length <= chunk.length) {
      at += length;
      return chunk.subarray(at - length, at);
    }
    const bytes = new Uint8Array(length);
    let written = 0;
    each(length, what, (piece) => {
      bytes.set(piece, written);
      written += piece.length;
    });
    return bytes;
  };
  const skip = (): number => {
    const skipped = filled() ? chunk.length - at : 0;
    at += skipped;
    return skipped;
  };
  return { path, take, each, skip, atEnd: () => !filled() };
}

/** Pieces of this size go to the decoder: smaller ones cost time, and 1032 times as much, the most that deflate makes of them, is 64 MiB. */
const pieceBytes = 2 ** 16;
// Adler-32's sums, kept below 2^32 over this many bytes before a remainder is taken (RFC 1950).
const adlerRun = 5552;

/** The decompressed chunks of a zlib stream of the next `length` bytes; its checksum is checked at the end. */
export function* inflated(reader: ByteReader, length: number, what: string): Generator<Uint8Array> {
  const { path } = reader;
  if (length < 6) throw imageSetError("Corrupt", path, `${what} is compressed to ${length} bytes, zlib needs at least 6`);
  const out: Uint8Array[] = [];
  const decoder = new Unzlib((chunk) => void out.push(chunk));
  let a = 1;
  let b = 0;
  const tail = new Uint8Array(4);
  for (let left = length; left > 0; ) {
    const piece = reader.take(Math.min(pieceBytes, left), what);
    left -= piece.length;
    // The last four bytes may lie in two pieces.
    if (piece.length >= 4) tail.set(piece.subarray(-4));
    else tail.set([...tail, ...piece].slice(-4));
    try {
      // The decoder keeps what it is given.
      decoder.push(piece.slice(), left === 0);
    } catch (cause) {
      throw imageSetError("Corrupt", path, `the compressed bytes of ${what} do not decode`, cause);
    }
    for (const chunk of out.splice(0)) {
      for (let start = 0; start < chunk.length; start += adlerRun) {
        const end = Math.min(start + adlerRun, chunk.length);
        for (let i = start; i < end; i++) {
          a += chunk[i]!;
          b += a;
        }
        a %= 65521;
        b %= 65521;
      }
      if (chunk.length > 0) yield chunk;
    }
  }
  if (new DataView(tail.buffer).getUint32(0) !== b * 65536 + a)
    throw imageSetError("Corrupt", path, `the compressed bytes of ${what} do not match their checksum`);
}
