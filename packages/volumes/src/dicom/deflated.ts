import { Inflate } from "fflate";
import { volumeError } from "../errors.js";
import type { DicomSource } from "./source.js";

/** Compressed bytes are fed in pieces of this size, so that one piece of a bomb makes at most 16 MiB before it is stopped. */
const pieceBytes = 16384;

/** Deflate makes at most 258 bytes from 2 bits. */
const bestRatio = 1032;

/** As many of the first `most` bytes of a raw deflate stream (RFC 1951) as there are; a stream that stops early gives what came before. */
export function inflateStart(bytes: Uint8Array, most: number): { bytes: Uint8Array<ArrayBuffer>; fault?: unknown } {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const stream = new Inflate((chunk) => {
    if (total < most) chunks.push(chunk.subarray(0, most - total));
    total += chunk.length;
  });
  let fault: unknown;
  try {
    for (let at = 0; at < bytes.length && total < most; at += pieceBytes) {
      stream.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length);
    }
  } catch (cause) {
    fault = cause;
  }
  const out = new Uint8Array(Math.min(most, total));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return fault === undefined ? { bytes: out } : { bytes: out, fault };
}

/** A file whose bytes from `start` on are deflated, seen as if they were not: offsets count inflated bytes. */
export function inflatedSource(source: DicomSource, start: number): DicomSource {
  return {
    path: source.path,
    // No more than deflate can hold (RFC 1951), so that promises beyond it are refused early.
    size: start + bestRatio * Math.max(0, source.size - start),
    async read(from, length) {
      const packed = await source.read(start, source.size - start);
      const { bytes, fault } = inflateStart(packed, from + length - start);
      if (bytes.length < from + length - start && fault !== undefined) {
        throw volumeError("Corrupt", source.path, `its deflated data set does not decode after ${bytes.length} bytes`, { offset: start });
      }
      return bytes.subarray(from - start);
    },
  };
}
