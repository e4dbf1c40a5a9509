import { Gunzip, Unzlib } from "fflate";
import { volumeError } from "./errors.js";

/** Compressed bytes are fed in pieces of this size, so that one piece of a bomb makes at most 16 MiB before it is stopped. */
const pieceBytes = 16384;

/**
 * Decompresses `skip` bytes to nowhere and the next ones into `out`, then stops: however much a stream holds, memory stays bounded.
 * A gzip stream is told by its magic where a zlib stream is expected, as some writers of MetaImage leave them.
 *
 * Throws Truncated where the stream ends before `out` is full, Corrupt where it does not decode, its checksum is wrong, or, with `exact`,
 * it goes on. The checksum can only be told where the stream ends with the last byte wanted, as it does in files that hold one volume.
 */
export function inflateInto(
  out: Uint8Array,
  bytes: Uint8Array,
  expected: "zlib" | "gzip",
  skip: number,
  path: string,
  exact = false,
): void {
  const kind = bytes[0] === 0x1f && bytes[1] === 0x8b ? "gzip" : expected;
  const check = kind === "zlib" ? adler32() : crc32();
  const wanted = skip + out.length;
  let total = 0;
  /** A gzip file may have several members, each with its checksum; then none is of the whole. */
  let more = false;
  const take = (chunk: Uint8Array): void => {
    const from = Math.max(0, skip - total);
    const to = Math.min(chunk.length, wanted - total);
    if (to > from) out.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), total + from - skip);
    if (total + chunk.length <= wanted) check.update(chunk);
    total += chunk.length;
  };
  const gunzip = kind === "gzip" ? new Gunzip(take) : undefined;
  if (gunzip) gunzip.onmember = (offset) => void (more ||= offset > 0);
  const stream = gunzip ?? new Unzlib(take);
  let at = 0;
  /** Where the piece starts that fills `out`: the checksum comes after it. */
  let full = 0;
  try {
    // One byte more than is wanted tells that the stream goes on; its checksum is then out of reach.
    while (at < bytes.length && total <= wanted) {
      const next = Math.min(bytes.length, at + pieceBytes);
      if (total < wanted) full = at;
      stream.push(bytes.subarray(at, next), next === bytes.length);
      at = next;
    }
  } catch (cause) {
    // Once there is all that was wanted, what does not decode is what others left behind the stream.
    if (total < wanted) {
      const truncated = /unexpected EOF|not finished/i.test(String(cause));
      const what = truncated ? "ends early" : "does not decode";
      const message = `its ${kind} stream ${what} after ${total} bytes, the header promises ${wanted}`;
      throw volumeError(truncated ? "Truncated" : "Corrupt", path, message, { offset: at, cause });
    }
  }
  if (total < wanted)
    throw volumeError("Truncated", path, `its ${kind} stream holds ${total} bytes, the header promises ${wanted}`, {
      offset: bytes.length,
    });
  if (exact && total > wanted)
    throw volumeError("Corrupt", path, `its ${kind} stream holds more than the ${wanted} bytes that it ends by`, { offset: at });
  // The trailer follows the last block, which ends in the piece that fills `out` or at the start of the next one.
  const trailer = bytes.subarray(Math.max(0, full - 8), Math.min(bytes.length, full + 2 * pieceBytes));
  if (total === wanted && !more && !check.isIn(trailer, total))
    throw volumeError("Corrupt", path, `the checksum of its ${kind} stream is wrong`, { offset: at });
}

interface Checksum {
  update(chunk: Uint8Array): void;
  /** Whether some bytes hold the trailer of a stream that this is the checksum of; other bytes may come before and after. */
  isIn(bytes: Uint8Array, total: number): boolean;
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
    isIn(bytes) {
      const view = viewOf(bytes);
      for (let i = bytes.length - 4; i >= 0; i--) if (view.getUint32(i) === b * 65536 + a) return true;
      return false;
    },
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
    isIn(bytes, total) {
      const view = viewOf(bytes);
      for (let i = bytes.length - 8; i >= 0; i--)
        if (view.getUint32(i, true) === ~crc >>> 0 && view.getUint32(i + 4, true) === total % 2 ** 32) return true;
      return false;
    },
  };
}
