import { zigzag } from "./jpeg-dct.js";

/** Fractions of the transform have so many bits. */
const fractionBits = 13;

/**
 * The inverse transform of 8 values as a matrix of integers, [place · 8 + frequency]: √8 times the cosines of T.81, A.3.3.
 *
 * The fast algorithm (C. Loeffler, A. Ligtenberg, G. S. Moschytz, Practical fast 1-D DCT algorithms with 11 multiplications, ICASSP 1989)
 * has sums of cosines as factors. Decoders round those to 13 bits, and integers stay exact after that, so that a product with the
 * matrix of the rounded factors gives the very values of theirs; plain cosines would differ by 1 now and then.
 */
const matrix = inverseMatrix();

function inverseMatrix(): Int32Array {
  const c = (k: number): number => Math.SQRT2 * Math.cos((k * Math.PI) / 16);
  const fixed = (value: number): number => Math.round(value * 2 ** fractionBits);
  const one = fixed(1);
  const turn = fixed(c(6));
  // What frequencies 2 and 6 give to places 0 and 1.
  const even = [
    [turn + fixed(c(2) - c(6)), turn],
    [turn, turn - fixed(c(2) + c(6))],
  ] as const;
  const all = fixed(c(3));
  const [near, far, left, right] = [-fixed(c(3) - c(7)), -fixed(c(1) + c(3)), -fixed(c(3) + c(5)), -fixed(c(3) - c(5))];
  // What frequencies 1, 3, 5 and 7 give to places 0 to 3.
  const odd = [
    [fixed(c(1) + c(3) - c(5) - c(7)) + near + right + all, all, right + all, near + all],
    [all, fixed(c(1) + c(3) + c(5) - c(7)) + far + left + all, far + all, left + all],
    [right + all, far + all, fixed(c(1) + c(3) - c(5) + c(7)) + far + right + all, all],
    [near + all, left + all, all, fixed(c(3) + c(5) - c(1) - c(7)) + near + left + all],
  ] as const;
  const out = new Int32Array(64);
  for (let place = 0; place < 8; place++) {
    const mirrored = place < 4 ? place : 7 - place;
    const [outer, sign] = [mirrored === 0 || mirrored === 3, mirrored < 2 ? 1 : -1];
    const [two, six] = even[outer ? 0 : 1]!;
    const [o1, o3, o5, o7] = odd[mirrored]!.map((value) => (place < 4 ? value : -value)) as [number, number, number, number];
    out.set([one, o1, sign * two, o3, outer ? one : -one, o5, sign * six, o7], place * 8);
  }
  return out;
}

/** The samples of all blocks: dequantized, transformed, shifted to the middle of `precision` bits and cut to them. */
export function dctSamples(
  coefficients: Int16Array,
  quantization: Uint16Array,
  { columns, rows, precision }: { columns: number; rows: number; precision: number },
): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(columns * rows);
  const across = Math.ceil(columns / 8);
  const middle = 2 ** (precision - 1);
  const most = 2 ** precision - 1;
  // Between the passes some bits of the fraction are kept, fewer where 12 bits leave less room in 32.
  const kept = precision > 8 ? 1 : 2;
  const [first, second] = [2 ** (fractionBits - kept), 2 ** (fractionBits + kept + 3)];
  const block = new Float64Array(64);
  const partial = new Float64Array(64);
  const steps = new Float64Array(64);
  for (let k = 0; k < 64; k++) steps[zigzag[k]!] = quantization[k]!;
  for (let at = 0, n = 0; at < coefficients.length; at += 64, n++) {
    for (let i = 0; i < 64; i++) block[i] = coefficients[at + i]! * steps[i]!;
    for (let y = 0; y < 8; y++) {
      for (let u = 0; u < 8; u++) {
        let sum = 0;
        for (let v = 0; v < 8; v++) sum += matrix[y * 8 + v]! * block[v * 8 + u]!;
        partial[y * 8 + u] = Math.floor(sum / first + 0.5);
      }
    }
    const [top, left] = [8 * Math.floor(n / across), 8 * (n % across)];
    for (let y = 0; y < 8 && top + y < rows; y++) {
      for (let x = 0; x < 8 && left + x < columns; x++) {
        let sum = 0;
        for (let u = 0; u < 8; u++) sum += matrix[x * 8 + u]! * partial[y * 8 + u]!;
        out[(top + y) * columns + left + x] = Math.max(0, Math.min(most, middle + Math.floor(sum / second + 0.5)));
      }
    }
  }
  return out;
}
