/** A stretch of pixels of a row: the row, the first column and the one after the last. */
export type EmitRun = (row: number, start: number, end: number) => void;

/**
 * The pixels whose centers lie inside of a closed polygon, by the even-odd rule, as runs along rows within `width` x `height`.
 *
 * A center on an edge counts to the side of larger coordinates, so that polygons that share an edge share no pixel. Reference: J. D. Foley
 * et al., _Computer Graphics: Principles and Practice_, 2nd edition, 3.6 (scan conversion of polygons).
 */
export function fillPolygon(xs: ArrayLike<number>, ys: ArrayLike<number>, width: number, height: number, emit: EmitRun): void {
  const count = xs.length;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    low = Math.min(low, ys[i]!);
    high = Math.max(high, ys[i]!);
  }
  const first = Math.max(0, Math.ceil(low));
  const last = Math.min(height - 1, Math.ceil(high) - 1);
  if (!(first <= last)) return;
  // Row by row, so that memory is that of one row's crossings however long a contour is.
  for (let y = first; y <= last; y++) {
    const crossings: number[] = [];
    for (let i = 0, j = count - 1; i < count; j = i++) {
      // From the lesser y, so that an edge is cut at the same place whichever polygon it belongs to.
      const [a, b] = ys[j]! < ys[i]! ? [j, i] : [i, j];
      if (ys[a]! <= y && y < ys[b]!) crossings.push(xs[a]! + (y - ys[a]!) * ((xs[b]! - xs[a]!) / (ys[b]! - ys[a]!)));
    }
    crossings.sort((a, b) => a - b);
    for (let n = 0; n + 1 < crossings.length; n += 2) {
      const start = Math.max(0, Math.ceil(crossings[n]!));
      const end = Math.min(width, Math.ceil(crossings[n + 1]!));
      if (start < end) emit(y, start, end);
    }
  }
}

/** The pixels that a closed polygon of whole coordinates runs through the centers of. */
export function outlineOf(xs: ArrayLike<number>, ys: ArrayLike<number>, visit: (x: number, y: number) => void): void {
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    const [dx, dy] = [xs[i]! - xs[j]!, ys[i]! - ys[j]!];
    const steps = Math.max(1, greatestDivisor(Math.abs(dx), Math.abs(dy)));
    for (let step = 1; step <= steps; step++) visit(xs[j]! + (step * dx) / steps, ys[j]! + (step * dy) / steps);
  }
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
