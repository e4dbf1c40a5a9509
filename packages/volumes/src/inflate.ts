import { Gunzip, Unzlib } from "fflate";
import { volumeError } from "./errors.js";

/** Compressed bytes are fed in pieces of this size, so that one piece of a bomb makes at most 16 MiB before it is stopped. */
const pieceBytes = 16384;

/**
 * Decompresses `skip` bytes to nowhere and the next ones into `out`, then stops: however much a stream holds, memory stays bounded.
 *
 * Throws Truncated where the stream ends before `out` is full, Corrupt where it does not decode or its checksum is wrong.
 * The checksum can only be told where the stream ends with the last byte wanted, as it does in files that hold one volume.
 */
export function inflateInto(out: Uint8Array, bytes: Uint8Array, kind: "zlib" | "gzip", skip: number, path: string): void {
  const check = kind === "zlib" ? adler32() : crc32();
  let total = 0;
  let ended = false;
  const take = (chunk: Uint8Array, final: boolean): void => {
    const from = Math.max(0, skip - total);
    const to = Math.min(chunk.length, skip + out.length - total);
    if (to > from) out.set(chunk.subarray(from, to), total + from - skip);
    if (total + chunk.length <= skip + out.length) check.update(chunk);
    total += chunk.length;
    ended ||= final;
  };
  const stream = kind === "zlib" ? new Unzlib(take) : new Gunzip(take);
  const wanted = skip + out.length;
  let at = 0;
  try {
    // One byte more than is wanted tells that the stream goes on; its checksum is then out of reach.
    while (at < bytes.length && total <= wanted) {
      const next = Math.min(bytes.length, at + pieceBytes);
      stream.push(bytes.subarray(at, next), next === bytes.length);
      at = next;
    }
  } catch (cause) {
    const truncated = /unexpected EOF|not finished/i.test(String(cause));
    if (total < wanted || !truncated) {
      const tag = truncated ? "Truncated" : "Corrupt";
      throw volumeError(
        tag,
        path,
        `its ${kind} stream ${truncated ? "ends early" : "does not decode"} after ${total} bytes, the header promises ${wanted}`,
        { offset: at, cause },
      );
    }
  }
  if (total < wanted)
    throw volumeError("Truncated", path, `its ${kind} stream holds ${total} bytes, the header promises ${wanted}`, {
      offset: bytes.length,
    });
  if (ended && total === wanted && !check.matches(bytes, total)) {
    throw volumeError("Corrupt", path, `the checksum of its ${kind} stream is wrong`, { offset: bytes.length - (kind === "zlib" ? 4 : 8) });
  }
}

interface Checksum {
  update(chunk: Uint8Array): void;
  /** Compares with the trailer at the end of the compressed bytes. */
  matches(bytes: Uint8Array, total: number): boolean;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The checksum of zlib streams, RFC 1950. */
function adler32(): Checksum {
  let a = 1;
  let b = 0;
  return {
    update(chunk) {
      // 3800 sums of bytes stay below 2³¹.
      for (let start = 0; start < chunk.length; start += 3800) {
        const end = Math.min(chunk.length, start + 3800);
        for (let i = start; i < end; i++) b += a += chunk[i]!;
        a %= 65521;
        b %= 65521;
      }
    },
    matches: (bytes) => bytes.length >= 4 && viewOf(bytes).getUint32(bytes.length - 4) === b * 65536 + a,
  };
}

/** The checksum of gzip streams, RFC 1952. */
function crc32(): Checksum {
  const table = Int32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });
  let crc = -1;
  return {
    update(chunk) {
      for (let i = 0; i < chunk.length; i++) crc = (crc >>> 8) ^ table[(crc ^ chunk[i]!) & 255]!;
    },
    matches(bytes, total) {
      if (bytes.length < 8) return false;
      const view = viewOf(bytes);
      // A file of several members ends with the length of the last one only; its checksum is not of the whole.
      if (view.getUint32(bytes.length - 4, true) !== total % 2 ** 32) return true;
      return view.getUint32(bytes.length - 8, true) === ~crc >>> 0;
    },
  };
}
