/** The numbers of an answer: little-endian float32 in base64. */
export function decodeAnswer(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** The largest difference as a part of the largest expected number (1e-3 at least); NaN where a number is none. */
export function differenceOf(actual: ArrayLike<number>, expected: Float32Array): number {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
  // Math.max gives NaN once it meets one.
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(actual[i]! - value) / scale), 0);
}
