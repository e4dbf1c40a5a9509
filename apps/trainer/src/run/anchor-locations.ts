import type { AnchorGrid } from "@gleaner/augment";

/** One number a location of anchors, C-order over z, y, x. */
export interface LocationValues {
  shape: [number, number, number];
  values: Float32Array;
}

/**
 * The highest value at each location over the sizes of its anchors, on the finest level of a grid; a location of a coarser level counts for all
 * finer ones that it covers.
 */
export function locationMaxima(values: ArrayLike<number>, { levels }: AnchorGrid): LocationValues {
  const locations = (shape: readonly number[]): number => shape[0]! * shape[1]! * shape[2]!;
  const finest = levels.reduce((best, level) => (locations(level.shape) > locations(best.shape) ? level : best));
  const out = new Float32Array(locations(finest.shape));
  let offset = 0;
  for (const { shape, anchors } of levels) {
    let at = 0;
    for (let z = 0; z < finest.shape[0]; z++) {
      for (let y = 0; y < finest.shape[1]; y++) {
        for (let x = 0; x < finest.shape[2]; x++, at++) {
          const [cz, cy, cx] = [z, y, x].map((c, axis) => Math.floor((c * shape[axis]!) / finest.shape[axis]!)) as [number, number, number];
          const first = offset + ((cz * shape[1] + cy) * shape[2] + cx) * anchors.length;
          for (let k = 0; k < anchors.length; k++) out[at] = Math.max(out[at]!, values[first + k]!);
        }
      }
    }
    offset += locations(shape) * anchors.length;
  }
  return { shape: [...finest.shape], values: out };
}
