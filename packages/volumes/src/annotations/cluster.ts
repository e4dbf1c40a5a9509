import type { Triple } from "../volume.js";

/** Points of the world in cells of a given size, so that near ones are found without looking at all. */
interface Cells {
  readonly size: number;
  readonly points: ReadonlyMap<number, Triple[]>;
}

const cellOf = (value: number, size: number): number => Math.floor(value / size);
/** Cells that share a number are only looked at without need. */
const numberOf = (x: number, y: number, z: number): number => x + 65_537 * y + 4_294_967_311 * z;

function cellsOf(points: readonly Triple[], size: number): Cells {
  const cells = new Map<number, Triple[]>();
  for (const point of points) {
    const key = numberOf(cellOf(point[0], size), cellOf(point[1], size), cellOf(point[2], size));
    const others = cells.get(key);
    if (others) others.push(point);
    else cells.set(key, [point]);
  }
  return { size, points: cells };
}

/** The least and the greatest coordinates of points. */
function boxOf(points: readonly Triple[]): [Triple, Triple] {
  const low: Triple = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high: Triple = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const point of points)
    for (const axis of [0, 1, 2] as const) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  return [low, high];
}

/** The least distance between two sets of points, where it is not more than the size of the cells; else infinite. */
function leastDistance(points: readonly Triple[], { size, points: cells }: Cells): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [px, py, pz] of points) {
    const [x, y, z] = [cellOf(px, size), cellOf(py, size), cellOf(pz, size)];
    for (let dz = -1; dz <= 1; dz++)
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const others = cells.get(numberOf(x + dx, y + dy, z + dz));
          if (others) for (const other of others) least = Math.min(least, Math.hypot(px - other[0], py - other[1], pz - other[2]));
        }
  }
  return least <= size ? least : Number.POSITIVE_INFINITY;
}

/**
 * Groups sets of points: two sets are together where their least distance is `toleranceMm` or less, or a chain of such sets joins them.
 * While a group has more than `most` sets, the tolerance shrinks by a tenth, but not below 0.1 mm. Groups are in the order of their first sets.
 */
export function clusterPoints(sets: readonly (readonly Triple[])[], toleranceMm: number, most: number): number[][] {
  const cells = sets.map((points) => cellsOf(points, toleranceMm));
  const boxes = sets.map(boxOf);
  const apart = (a: number, b: number): boolean => [0, 1, 2].some((axis) => boxes[b]![0][axis]! - boxes[a]![1][axis]! > toleranceMm);
  const pairs: { a: number; b: number; distance: number }[] = [];
  for (let a = 0; a < sets.length; a++)
    for (let b = a + 1; b < sets.length; b++) {
      if (apart(a, b) || apart(b, a)) continue;
      const distance = leastDistance(sets[a]!, cells[b]!);
      if (distance <= toleranceMm) pairs.push({ a, b, distance });
    }
  for (let tolerance = toleranceMm; ; tolerance *= 0.9) {
    const groups = joined(
      sets.length,
      pairs.filter(({ distance }) => distance <= tolerance),
    );
    if (tolerance * 0.9 < 0.1 || groups.every(({ length }) => length <= most)) return groups;
  }
}

function joined(count: number, pairs: readonly { a: number; b: number }[]): number[][] {
  const group = Array.from({ length: count }, (_, i) => i);
  for (const { a, b } of pairs) {
    const [low, high] = [Math.min(group[a]!, group[b]!), Math.max(group[a]!, group[b]!)];
    if (low !== high) for (let i = 0; i < count; i++) if (group[i] === high) group[i] = low;
  }
  const members = new Map<number, number[]>();
  for (const [i, first] of group.entries()) members.set(first, [...(members.get(first) ?? []), i]);
  return [...members.values()];
}
