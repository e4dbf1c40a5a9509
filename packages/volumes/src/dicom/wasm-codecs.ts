/// <reference path="../untyped-packages.d.ts" />
import type { CodecFault } from "./rle.js";
import type { WasmDecoder, WasmOptions } from "./wasm-module.js";

/** The decoders that are compiled from C++: CharLS for JPEG-LS, OpenJPEG for JPEG 2000. */
export interface WasmCodecs {
  decode(
    packing: "jpeg-ls" | "jpeg-2000",
    bytes: Uint8Array,
    size: { columns: number; rows: number },
  ): Promise<{ bytes: Uint8Array<ArrayBuffer>; bytesPerSample: 1 | 2 } | CodecFault>;
}

const names = { "jpeg-ls": "JPEG-LS", "jpeg-2000": "JPEG 2000" };
type Six = [number, number, number, number, number, number];
/** Both print what they do, also where nothing is wrong. An instance keeps the object it gets, so each gets its own. */
const silent = (): WasmOptions => ({ print: () => {}, printErr: () => {} });

/** WebAssembly where its file can be loaded; a bundle for a browser may lack it, and then the same code in JavaScript, which is slower. */
const loaders = {
  "jpeg-ls": async (): Promise<new () => WasmDecoder> => {
    const wasm = import("@cornerstonejs/codec-charls/decodewasmjs").then(({ default: create }) => create(silent()));
    const codec = wasm.catch(async () => (await import("@cornerstonejs/codec-charls/decode")).default(silent()));
    return (await codec).JpegLSDecoder;
  },
  "jpeg-2000": async (): Promise<new () => WasmDecoder> => {
    const wasm = import("@cornerstonejs/codec-openjpeg/decodewasmjs").then(({ default: create }) => create(silent()));
    const codec = wasm.catch(async () => (await import("@cornerstonejs/codec-openjpeg/decode")).default(silent()));
    return (await codec).J2KDecoder;
  },
};

/** Codecs that are loaded when they are first needed and kept as long as the result is. */
export function createWasmCodecs(): WasmCodecs {
  const loaded: { [packing in keyof typeof loaders]?: Promise<new () => WasmDecoder> } = {};
  return {
    async decode(packing, bytes, size) {
      const promised = sizeOfStream(packing, bytes);
      if (!promised) return { fault: `its frame does not start as a ${names[packing]} stream` };
      if (promised.rows !== size.rows || promised.columns !== size.columns) {
        const found = `${promised.columns} x ${promised.rows} pixels`;
        return { fault: `its ${names[packing]} stream has ${found}, expected ${size.columns} x ${size.rows}` };
      }
      if (!(promised.tiles <= tileLimit))
        return { fault: `its ${names[packing]} stream has ${promised.tiles} tiles, the limit is ${tileLimit}` };
      if (promised.components !== 1) return { fault: `its ${names[packing]} stream has ${promised.components} components, expected 1` };
      const Decoder = await (loaded[packing] ??= loaders[packing]());
      try {
        return decodeWith(new Decoder(), bytes, size, names[packing]);
      } catch {
        // What a C++ exception or a trap leaves behind may be broken; the next frame gets a new instance.
        delete loaded[packing];
        return { fault: `its ${names[packing]} stream does not decode` };
      }
    },
  };
}

function decodeWith(
  decoder: WasmDecoder,
  bytes: Uint8Array,
  { columns, rows }: { columns: number; rows: number },
  name: string,
): { bytes: Uint8Array<ArrayBuffer>; bytesPerSample: 1 | 2 } | CodecFault {
  decoder.getEncodedBuffer(bytes.length).set(bytes);
  decoder.decode();
  const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo();
  const bytesPerSample = bitsPerSample <= 8 ? 1 : 2;
  const decoded = decoder.getDecodedBuffer();
  const right = width === columns && height === rows && componentCount === 1 && decoded.length === columns * rows * bytesPerSample;
  // The buffer is the codec's own memory.
  const out = right && bitsPerSample <= 16 ? new Uint8Array(decoded) : undefined;
  decoder.delete();
  return out ? { bytes: out, bytesPerSample } : { fault: `its ${name} stream does not hold ${columns} x ${rows} pixels of up to 16 bits` };
}

/** The decoder allocates for each tile before it looks for its bytes; slices are one tile, or a few. */
const tileLimit = 4096;

/** What a stream's header promises, read before a codec allocates memory for it. */
function sizeOfStream(
  packing: "jpeg-ls" | "jpeg-2000",
  bytes: Uint8Array,
): { columns: number; rows: number; components: number; tiles: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (packing === "jpeg-2000") {
    // SOC, SIZ: capabilities, the reference grid's size and the image's offset in it (ITU-T T.800, A.5.1).
    if (bytes.length < 42 || view.getUint32(0) !== 0xff4fff51) return undefined;
    const [right, bottom, left, top, tileColumns, tileRows] = [8, 12, 16, 20, 24, 28].map((at) => view.getUint32(at)) as Six;
    const tiles = Math.ceil(right / tileColumns) * Math.ceil(bottom / tileRows);
    return { columns: right - left, rows: bottom - top, components: view.getUint16(40), tiles };
  }
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 12 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    // SOF55 (ITU-T T.87, C.2.2).
    if (view.getUint16(at) === 0xfff7)
      return { rows: view.getUint16(at + 5), columns: view.getUint16(at + 7), components: bytes[at + 9]!, tiles: 1 };
    if (bytes[at] !== 0xff || bytes[at + 1] === 0xda) return undefined;
  }
  return undefined;
}
