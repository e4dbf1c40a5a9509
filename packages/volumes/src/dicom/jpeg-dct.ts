import type { BitReader, HuffmanTable } from "./jpeg-bits.js";
import { jpegFault } from "./jpeg-bits.js";

/** The parameters of a scan of one component (T.81, B.2.3). */
export interface Scan {
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
  /** First and last coefficient; bit position of the approximation before and of this one. */
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly shift: number;
  /** Blocks (or samples) between restart markers; 0 for none. */
  readonly restartInterval: number;
}

/** Where the coefficients of a zigzag sequence lie in a block (T.81, figure 5). */
export const zigzag: Uint8Array = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57,
  50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
]);

const tableOf = (table: HuffmanTable | undefined): HuffmanTable => {
  if (table) return table;
  throw jpegFault("its JPEG stream uses a Huffman table that it does not define");
};

/** Reads a scan into the coefficients of all blocks: sequential (T.81, F.2.2) or one of a progressive image (G.2). */
export function readDctScan(reader: BitReader, scan: Scan, coefficients: Int16Array, progressive: boolean): void {
  const { from, to, before, shift, restartInterval } = scan;
  let predicted = 0;
  let endOfBand = 0;

  const sequential = (at: number): void => {
    predicted += reader.difference(Math.min(16, reader.symbol(tableOf(scan.dc))));
    coefficients[at] = predicted;
    const ac = tableOf(scan.ac);
    for (let k = 1; k < 64; k++) {
      const symbol = reader.symbol(ac);
      const size = symbol & 15;
      if (size === 0 && symbol !== 0xf0) return;
      k += symbol >> 4;
      if (k > 63) throw jpegFault("a block of its JPEG stream has more than 64 coefficients");
      if (size > 0) coefficients[at + zigzag[k]!] = reader.difference(size);
    }
  };
  const dcFirst = (at: number): void => {
    predicted += reader.difference(Math.min(16, reader.symbol(tableOf(scan.dc))));
    coefficients[at] = predicted << shift;
  };
  const dcRefine = (at: number): void => {
    if (reader.bits(1)) coefficients[at]! |= 1 << shift;
  };
  const acFirst = (at: number): void => {
    if (endOfBand > 0) {
      endOfBand--;
      return;
    }
    const ac = tableOf(scan.ac);
    for (let k = from; k <= to; k++) {
      const symbol = reader.symbol(ac);
      const run = symbol >> 4;
      const size = symbol & 15;
      if (size === 0 && run < 15) {
        endOfBand = (1 << run) + reader.bits(run) - 1;
        return;
      }
      k += run;
      if (k > to && size > 0) throw jpegFault("a band of its JPEG stream has more coefficients than it says");
      if (size > 0) coefficients[at + zigzag[k]!] = reader.difference(size) * (1 << shift);
    }
  };
  /** One more bit of a coefficient that is known already. */
  const refine = (place: number): void => {
    const value = coefficients[place]!;
    if (reader.bits(1)) coefficients[place] = value + Math.sign(value) * (1 << shift);
  };
  const acRefine = (at: number): void => {
    let k = from;
    if (endOfBand === 0) {
      const ac = tableOf(scan.ac);
      for (; k <= to; k++) {
        const symbol = reader.symbol(ac);
        let run = symbol >> 4;
        const size = symbol & 15;
        let fresh = 0;
        if (size > 0) fresh = reader.bits(1) ? 1 << shift : -(1 << shift);
        else if (run < 15) {
          endOfBand = (1 << run) + reader.bits(run);
          break;
        }
        // Known coefficients on the way are refined and do not count for the run.
        for (; k <= to; k++) {
          const place = at + zigzag[k]!;
          if (coefficients[place] !== 0) refine(place);
          else if (run-- === 0) {
            if (fresh !== 0) coefficients[place] = fresh;
            break;
          }
        }
      }
    }
    if (endOfBand > 0) {
      for (; k <= to; k++) if (coefficients[at + zigzag[k]!] !== 0) refine(at + zigzag[k]!);
      endOfBand--;
    }
  };

  const dcBlock = before === 0 ? dcFirst : dcRefine;
  const acBlock = before === 0 ? acFirst : acRefine;
  const block = !progressive ? sequential : from === 0 ? dcBlock : acBlock;
  for (let at = 0, n = 0; at < coefficients.length; at += 64, n++) {
    if (restartInterval > 0 && n > 0 && n % restartInterval === 0) {
      if (!reader.restart()) throw jpegFault("a restart marker of its JPEG stream is missing");
      predicted = 0;
      endOfBand = 0;
    }
    block(at);
  }
}
