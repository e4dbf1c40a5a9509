import { bitReader, type HuffmanTable, huffmanTable, type JpegFault, jpegFault } from "./jpeg-bits.js";
import { readDctScan, type Scan } from "./jpeg-dct.js";
import { dctSamples } from "./jpeg-idct.js";
import { readLosslessScan } from "./jpeg-lossless.js";
import type { CodecFault } from "./rle.js";

/** Progressive images have a few scans for each bit; each one costs a pass over all blocks. */
const scanLimit = 256;

interface Frame {
  readonly kind: "sequential" | "progressive" | "lossless";
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly quantizationId: number;
}

/**
 * Decodes a JPEG image of one component (ITU-T T.81) with Huffman codes: baseline, extended and progressive DCT of 8 or 12 bits,
 * and lossless of 2 to 16 bits.
 *
 * Written here because the decoders for browsers read 8 bits of DCT only, and CT has 12. Gives the samples, or what is wrong.
 */
export function decodeJpeg(bytes: Uint8Array, size: { columns: number; rows: number }): Uint16Array<ArrayBuffer> | CodecFault {
  try {
    return decode(bytes, size);
  } catch (error) {
    const { jpegFault: fault } = error as Partial<JpegFault>;
    if (fault === undefined) throw error;
    return { fault };
  }
}

function decode(bytes: Uint8Array, size: { columns: number; rows: number }): Uint16Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) throw jpegFault("its frame does not start as a JPEG stream");
  const tables = { huffman: new Map<number, HuffmanTable>(), quantization: new Map<number, Uint16Array>(), restartInterval: 0 };
  let frame: Frame | undefined;
  let coefficients: Int16Array | undefined;
  let samples: Uint16Array<ArrayBuffer> | undefined;
  let scans = 0;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff || bytes[at + 1]! < 0xc0) {
      at++;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === 0xd9) break;
    if (marker === 0xff || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || segment.length !== length - 2) throw jpegFault("its JPEG stream ends inside of a header");
    at += 2 + length;
    if (marker === 0xdb) readQuantization(segment, tables.quantization);
    else if (marker === 0xc4) readHuffman(segment, tables.huffman);
    else if (marker === 0xdd && segment.length >= 2) tables.restartInterval = segment[0]! * 256 + segment[1]!;
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) frame = frameOf(marker, segment, size);
    else if (marker === 0xda) {
      if (!frame) throw jpegFault("its JPEG stream has a scan before its size");
      if (++scans > scanLimit) throw jpegFault(`its JPEG stream has more than ${scanLimit} scans`);
      const scan = scanOf(segment, frame, tables.huffman, tables.restartInterval);
      const reader = bitReader(bytes, at);
      if (frame.kind === "lossless") samples = readLosslessScan(reader, scan, frame);
      else {
        coefficients ??= new Int16Array(64 * Math.ceil(frame.columns / 8) * Math.ceil(frame.rows / 8));
        readDctScan(reader, scan, coefficients, frame.kind === "progressive");
      }
      at = reader.position();
    }
  }
  if (!frame || !(samples || coefficients)) throw jpegFault("its JPEG stream ends before its first scan");
  if (samples) return samples;
  const quantization = tables.quantization.get(frame.quantizationId);
  if (!quantization) throw jpegFault("its JPEG stream uses a quantization table that it does not define");
  return dctSamples(coefficients!, quantization, frame);
}

function frameOf(marker: number, segment: Uint8Array, size: { columns: number; rows: number }): Frame {
  const kind = ({ 192: "sequential", 193: "sequential", 194: "progressive", 195: "lossless" } as const)[marker];
  if (!kind) throw jpegFault(`its JPEG stream is of the kind SOF${marker - 0xc0}, expected baseline, extended, progressive or lossless`);
  if (segment.length < 9) throw jpegFault("its JPEG stream ends inside of a header");
  const precision = segment[0]!;
  const rows = segment[1]! * 256 + segment[2]!;
  const columns = segment[3]! * 256 + segment[4]!;
  if (segment[5] !== 1) throw jpegFault(`its JPEG stream has ${segment[5]} components, expected 1`);
  const right = kind === "lossless" ? precision >= 2 && precision <= 16 : precision === 8 || precision === 12;
  if (!right) throw jpegFault(`its JPEG stream has ${precision} bits, expected ${kind === "lossless" ? "2 to 16" : "8 or 12"}`);
  if (rows !== size.rows || columns !== size.columns)
    throw jpegFault(`its JPEG stream has ${columns} x ${rows} pixels, expected ${size.columns} x ${size.rows}`);
  return { kind, precision, rows, columns, quantizationId: segment[8]! };
}

function scanOf(segment: Uint8Array, frame: Frame, huffman: Map<number, HuffmanTable>, restartInterval: number): Scan {
  if (segment[0] !== 1 || segment.length < 6) throw jpegFault("a scan of its JPEG stream is not of one component");
  const [from, to, bits] = [segment[3]!, segment[4]!, segment[5]!];
  const [before, shift] = [bits >> 4, bits & 15];
  const bandFits = from <= to && to <= 63 && (from > 0 || to === 0) && shift <= 13;
  if ((frame.kind === "progressive" && !bandFits) || (frame.kind === "lossless" && shift >= frame.precision))
    throw jpegFault(`a scan of its JPEG stream is of coefficients ${from} to ${to} at bit ${shift}, which cannot be`);
  const [dc, ac] = [huffman.get(segment[2]! >> 4), huffman.get(16 + (segment[2]! & 15))];
  return { dc, ac, from, to, before, shift, restartInterval };
}

function readQuantization(segment: Uint8Array, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < segment.length; ) {
    const wide = segment[at]! >> 4 !== 0;
    const id = segment[at]! & 15;
    const end = at + 1 + (wide ? 128 : 64);
    if (end > segment.length) throw jpegFault("its JPEG stream ends inside of a quantization table");
    const values = segment.subarray(at + 1, end);
    tables.set(
      id,
      Uint16Array.from({ length: 64 }, (_, k) => (wide ? values[2 * k]! * 256 + values[2 * k + 1]! : values[k]!)),
    );
    at = end;
  }
}

/** Tables for DC (and lossless) are kept under their number, those for AC under 16 more. */
function readHuffman(segment: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at + 17 <= segment.length; ) {
    const counts = segment.subarray(at + 1, at + 17);
    const end = at + 17 + counts.reduce((sum, n) => sum + n, 0);
    const table = end <= segment.length ? huffmanTable(counts, segment.subarray(at + 17, end)) : undefined;
    if (!table) throw jpegFault("a Huffman table of its JPEG stream contradicts itself");
    tables.set(segment[at]!, table);
    at = end;
  }
}
