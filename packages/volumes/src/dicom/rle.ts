/** A codec's complaint: what is wrong with the bytes, in words that follow a file's name. */
export interface CodecFault {
  readonly fault: string;
}

/**
 * Decodes a frame in RLE Lossless (PS3.5, annex G): one run of PackBits for each byte of a pixel, the most significant first.
 *
 * Gives little-endian bytes of `pixels` numbers of `bytesPerPixel` bytes, or what is wrong.
 */
export function decodeRle(bytes: Uint8Array, pixels: number, bytesPerPixel: number): Uint8Array<ArrayBuffer> | CodecFault {
  if (bytes.length < 64) return { fault: `its RLE header has ${bytes.length} bytes, expected 64` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== bytesPerPixel) return { fault: `it has ${segments} RLE segments, expected ${bytesPerPixel}` };
  const out = new Uint8Array(pixels * bytesPerPixel);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < segments ? view.getUint32(8 + 4 * segment, true) : bytes.length;
    if (start < 64 || end < start || end > bytes.length)
      return { fault: `RLE segment ${segment} is at ${start} to ${end} of ${bytes.length} bytes` };
    const got = unpackBits(bytes, start, end, out, bytesPerPixel - 1 - segment, bytesPerPixel);
    if (got < pixels) return { fault: `RLE segment ${segment} holds ${got} of ${pixels} pixels` };
  }
  return out;
}

/** Writes every `step`th byte of `out` from `first` on; returns how many. What is beyond the last one is padding. */
function unpackBits(bytes: Uint8Array, start: number, end: number, out: Uint8Array, first: number, step: number): number {
  let to = first;
  let at = start;
  while (at + 1 < end && to < out.length) {
    const control = bytes[at++]!;
    if (control === 128) continue;
    if (control < 128) {
      const last = Math.min(end, at + control + 1);
      while (at < last && to < out.length) {
        out[to] = bytes[at++]!;
        to += step;
      }
    } else {
      const value = bytes[at++]!;
      for (let n = 257 - control; n > 0 && to < out.length; n--) {
        out[to] = value;
        to += step;
      }
    }
  }
  return Math.floor((to - first) / step);
}
