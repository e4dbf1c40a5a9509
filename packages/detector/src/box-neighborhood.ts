// A box that would lie in more cells than this is compared with everything instead.
const maxCells = 64;
// Beyond this, cell coordinates are not worth being told apart (and adding 1 to them would soon do nothing).
const maxCoordinate = 2 ** 20;

/** Boxes by the cells of a regular grid that they reach into, so that a box meets only its neighbors. */
export interface BoxNeighborhood {
  add(index: number): void;
  /** Whether a box that may overlap with this one satisfies the test; a box may be tested more than once. */
  some(index: number, test: (other: number) => boolean): boolean;
}

export function boxNeighborhood(boxes: ArrayLike<number>, cell: number): BoxNeighborhood {
  const cells = new Map<number, number[]>();
  const everywhere: number[] = [];
  const all: number[] = [];
  const low = [0, 0, 0];
  const reach = [0, 0, 0];

  /** Sets `low` and `reach` (the first cell, the number of cells an axis) for a box; false if there are too many. */
  const locate = (index: number): boolean => {
    let count = 1;
    for (let axis = 0; axis < 3; axis++) {
      const first = Math.floor(boxes[6 * index + axis]! / cell);
      const last = Math.floor(boxes[6 * index + axis + 3]! / cell);
      if (!(Math.abs(first) < maxCoordinate && Math.abs(last) < maxCoordinate)) return false;
      low[axis] = first;
      reach[axis] = Math.max(0, last - first + 1);
      count *= reach[axis]!;
    }
    return count <= maxCells;
  };
  const visit = (use: (key: number) => boolean): boolean => {
    for (let z = 0; z < reach[0]!; z++) {
      for (let y = 0; y < reach[1]!; y++) {
        for (let x = 0; x < reach[2]!; x++) {
          // Keys may collide (coordinates are signed): then a cell holds a few boxes more, and nothing is missed.
          if (use(((low[0]! + z) * 2 ** 16 + low[1]! + y) * 2 ** 16 + low[2]! + x)) return true;
        }
      }
    }
    return false;
  };

  return {
    add(index: number): void {
      all.push(index);
      if (!locate(index)) {
        everywhere.push(index);
        return;
      }
      visit((key) => {
        const members = cells.get(key);
        if (members) members.push(index);
        else cells.set(key, [index]);
        return false;
      });
    },
    some(index: number, test: (other: number) => boolean): boolean {
      if (!locate(index)) return all.some(test);
      return everywhere.some(test) || visit((key) => cells.get(key)?.some(test) ?? false);
    },
  };
}

/** Cell edge: the median over the candidates of the largest edge, so that most boxes reach into few cells. */
export function cellEdge(boxes: ArrayLike<number>, candidates: Int32Array): number {
  const edges = Float64Array.from(candidates, (k) => {
    const i = 6 * k;
    return Math.max(boxes[i + 3]! - boxes[i]!, boxes[i + 4]! - boxes[i + 1]!, boxes[i + 5]! - boxes[i + 2]!);
  }).sort();
  const median = edges[edges.length >> 1];
  return median !== undefined && median > 0 && Number.isFinite(median) ? median : 1;
}
