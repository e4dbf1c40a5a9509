import { decodeJpeg } from "./jpeg.js";
import { type CodecFault, decodeRle } from "./rle.js";
import type { Packing } from "./transfer-syntax.js";
import { createWasmCodecs } from "./wasm-codecs.js";

/** What an image's header tells about a compressed frame of it. */
export interface CompressedFrame {
  readonly packing: Exclude<Packing, "native">;
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: 8 | 16 | 32;
}

/** Decodes compressed frames: the little-endian bytes of their pixels, or what is wrong. What it is given stays as it is. */
export interface FrameDecoder {
  decode(frame: CompressedFrame, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | CodecFault>;
}

/** A decoder that works here and now; codecs are loaded when the first frame needs them. */
export function createFrameDecoder(): FrameDecoder {
  const codecs = createWasmCodecs();
  return {
    async decode({ packing, rows, columns, bitsAllocated }, bytes) {
      const bytesPerPixel = bitsAllocated / 8;
      if (packing === "rle") return decodeRle(bytes, rows * columns, bytesPerPixel);
      if (packing === "jpeg") {
        const samples = decodeJpeg(bytes, { rows, columns });
        return "fault" in samples ? samples : bytesOf(samples, bytesPerPixel);
      }
      const decoded = await codecs.decode(packing, bytes, { rows, columns });
      if ("fault" in decoded) return decoded;
      const view = decoded.bytesPerSample === 1 ? decoded.bytes : new Uint16Array(decoded.bytes.buffer, 0, rows * columns);
      return decoded.bytesPerSample === bytesPerPixel ? decoded.bytes : bytesOf(view, bytesPerPixel);
    },
  };
}

function bytesOf(samples: Uint16Array | Uint8Array, bytesPerPixel: number): Uint8Array<ArrayBuffer> {
  const out = bytesPerPixel === 1 ? Uint8Array.from(samples) : bytesPerPixel === 2 ? Uint16Array.from(samples) : Uint32Array.from(samples);
  return new Uint8Array(out.buffer);
}
