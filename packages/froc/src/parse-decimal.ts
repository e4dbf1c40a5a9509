/** The powers of ten that a double holds exactly. */
const powers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const [zero, nine, point, minus, plus, upperE, lowerE, space] = [48, 57, 46, 45, 43, 69, 101, 32];

const slowly = (bytes: Uint8Array, start: number, end: number): number => {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 400))).trim();
  // Number() would also take "", "0x10" and "Infinity".
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
};

/**
 * The number that a field of bytes spells in decimal, correctly rounded; NaN if it spells none. Up to 15 digits and powers of ten up to 22 are exact
 * in one operation (Clinger 1990); anything else goes through a string.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === space) at++;
  const negative = bytes[at] === minus;
  if (at < end && (negative || bytes[at] === plus)) at++;
  let mantissa = 0;
  let digits = 0;
  let significant = 0;
  let decimals = 0;
  let sawPoint = false;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= zero && byte <= nine) {
      digits++;
      if (significant > 0 || byte > zero) significant++;
      mantissa = mantissa * 10 + (byte - zero);
      if (sawPoint) decimals++;
    } else if (byte === point && !sawPoint) sawPoint = true;
    else break;
  }
  if (digits === 0 || significant > 15) return slowly(bytes, start, end);
  let exponent = -decimals;
  if (at < end && (bytes[at] === lowerE || bytes[at] === upperE)) {
    at++;
    const negativeExponent = bytes[at] === minus;
    if (at < end && (negativeExponent || bytes[at] === plus)) at++;
    let written = 0;
    const first = at;
    for (; at < end && bytes[at]! >= zero && bytes[at]! <= nine && written < 1000; at++) written = written * 10 + (bytes[at]! - zero);
    if (at === first) return Number.NaN;
    exponent += negativeExponent ? -written : written;
  }
  while (at < end && bytes[at] === space) at++;
  if (at < end || exponent > 22 || exponent < -22) return slowly(bytes, start, end);
  const value = exponent < 0 ? mantissa / powers[-exponent]! : mantissa * powers[exponent]!;
  return negative ? -value : value;
}
