import { type BitReader, jpegFault } from "./jpeg-bits.js";
import type { Scan } from "./jpeg-dct.js";

/**
 * Reads the samples of a lossless scan (T.81, annex H): each is predicted from its neighbors, and the difference is coded.
 *
 * `scan.from` is the predictor 1 to 7, `scan.shift` the point transform.
 */
export function readLosslessScan(
  reader: BitReader,
  scan: Scan,
  { columns, rows, precision }: { columns: number; rows: number; precision: number },
): Uint16Array<ArrayBuffer> {
  const { dc: table, from: predictor, shift, restartInterval } = scan;
  if (!table) throw jpegFault("its JPEG stream uses a Huffman table that it does not define");
  if (predictor < 1 || predictor > 7) throw jpegFault(`its lossless JPEG stream has the predictor ${predictor}, expected 1 to 7`);
  if (restartInterval % columns !== 0)
    throw jpegFault(`its lossless JPEG stream restarts after ${restartInterval} samples, expected whole rows`);
  const out = new Uint16Array(columns * rows);
  const start = 2 ** (precision - shift - 1);
  for (let y = 0, at = 0; y < rows; y++) {
    const fresh = y === 0 || (restartInterval > 0 && (y * columns) % restartInterval === 0);
    if (fresh && y > 0 && !reader.restart()) throw jpegFault("a restart marker of its JPEG stream is missing");
    for (let x = 0; x < columns; x++, at++) {
      let predicted: number;
      if (fresh) predicted = x === 0 ? start : out[at - 1]!;
      else if (x === 0) predicted = out[at - columns]!;
      else predicted = predict(predictor, out[at - 1]!, out[at - columns]!, out[at - columns - 1]!);
      const size = reader.symbol(table);
      if (size > 16) throw jpegFault("its lossless JPEG stream holds a difference of more than 16 bits");
      // Sums are modulo 65536, which the array does.
      out[at] = predicted + (size === 16 ? 32768 : reader.difference(size));
    }
  }
  if (shift > 0) for (let i = 0; i < out.length; i++) out[i]! <<= shift;
  return out;
}

/** T.81, table H.1: from the left, the upper and the upper left sample. */
function predict(predictor: number, a: number, b: number, c: number): number {
  switch (predictor) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}
