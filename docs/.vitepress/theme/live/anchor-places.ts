/** Locations of the teacher's anchors along each axis of a patch of 32 voxels. */
export const locations = 8;
const stride = 4;

/** Edges of the anchors of a location in mm, as in the slim preset of the detector. */
export const anchorEdgesMm = [5, 8, 13] as const;

/** An anchor by its location along z, y, x, each from 0 to 7, and its size. */
export interface AnchorPlace {
  depth: number;
  row: number;
  column: number;
  size: number;
}

/** Where an anchor is in the order of predictions. */
export const anchorIndex = ({ depth, row, column, size }: AnchorPlace): number =>
  ((depth * locations + row) * locations + column) * anchorEdgesMm.length + size;

/** The anchor at an index of the order of predictions. */
export function anchorPlace(index: number): AnchorPlace {
  const size = index % anchorEdgesMm.length;
  const at = Math.floor(index / anchorEdgesMm.length);
  return { depth: Math.floor(at / locations ** 2), row: Math.floor(at / locations) % locations, column: at % locations, size };
}

/** The plane of voxels just before the middle of a location; the one just behind it where the axis is flipped, which is the same one. */
export const planeOf = (depth: number, isFlipped = false): number => stride * depth + stride / 2 - (isFlipped ? 0 : 1);

/** The highest value over the sizes of anchors at each location of one depth, rows by columns. */
export function locationMap(values: ArrayLike<number>, depth: number): number[] {
  return Array.from({ length: locations ** 2 }, (_, i) => {
    const place = { depth, row: Math.floor(i / locations), column: i % locations };
    return Math.max(...anchorEdgesMm.map((_, size) => values[anchorIndex({ ...place, size })]!));
  });
}

/** An anchor in words: location and edge. The unit stays with its number. */
export const anchorWords = ({ depth, row, column, size }: AnchorPlace): string =>
  `${depth}, ${row}, ${column}; ${anchorEdgesMm[size]}\u00a0mm`;
