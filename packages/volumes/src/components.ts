import type { VoxelArray } from "./volume.js";

/** The runs of equal voxels along x and which connected component each belongs to (neighbors share a face). */
export interface Components {
  /** How many runs there are. */
  readonly runs: number;
  /** The first voxel of each run and the one after its last, as positions in the data. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The component of each run, 0 to `count` - 1. */
  readonly labels: Int32Array;
  readonly count: number;
}

/**
 * Connected components by union-find over runs (He, Chao and Suzuki, IEEE TIP 17, 2008): runs are far fewer than voxels.
 * Voxels equal to `value` are foreground; without it every other value than 0 is a foreground of its own, and NaN is none.
 */
export function connectedComponents(mask: VoxelArray, shape: readonly [number, number, number], value?: number): Components {
  const [depth, height, width] = shape;
  const rows = depth * height;
  // Background in the eyes of the loops: the voxel before a row, and what is never a run.
  const none = value === undefined ? 0 : Number.NaN;
  const isOn = (v: number): boolean => (value === undefined ? v !== 0 && !Number.isNaN(v) : v === value);
  let runs = 0;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let x = 0, before = none; x < width; x++, i++) {
      const here = mask[i]!;
      if (here !== before && isOn(here)) runs++;
      before = here;
    }
  }
  const starts = new Int32Array(runs);
  const ends = new Int32Array(runs);
  const firstOfRow = new Int32Array(rows + 1);
  for (let row = 0, n = 0; row < rows; row++) {
    firstOfRow[row] = n;
    for (let x = 0, i = row * width; x < width; ) {
      const here = mask[i]!;
      if (!isOn(here)) {
        x++;
        i++;
        continue;
      }
      starts[n] = i;
      while (x < width && mask[i] === here) {
        x++;
        i++;
      }
      ends[n++] = i;
    }
    firstOfRow[row + 1] = n;
  }

  const parents = Int32Array.from(starts.keys());
  const root = (run: number): number => {
    while (parents[run] !== run) run = parents[run] = parents[parents[run]!]!;
    return run;
  };
  /** Joins the runs of two neighboring rows that overlap. */
  const join = (row: number, other: number): void => {
    const shift = (row - other) * width;
    let a = firstOfRow[other]!;
    let b = firstOfRow[row]!;
    while (a < firstOfRow[other + 1]! && b < firstOfRow[row + 1]!) {
      if (ends[a]! + shift <= starts[b]!) a++;
      else if (ends[b]! <= starts[a]! + shift) b++;
      else {
        if (value !== undefined || mask[starts[a]!] === mask[starts[b]!]) {
          const [low, high] = [root(a), root(b)];
          parents[Math.max(low, high)] = Math.min(low, high);
        }
        if (ends[a]! + shift < ends[b]!) a++;
        else b++;
      }
    }
  };
  for (let row = 0; row < rows; row++) {
    if (row % height > 0) join(row, row - 1);
    if (row >= height) join(row, row - height);
  }

  const labels = new Int32Array(runs);
  let count = 0;
  // A root is the first run of its component, so its label is there before the others ask for it.
  for (let run = 0; run < runs; run++) {
    const top = root(run);
    labels[run] = top === run ? count++ : labels[top]!;
  }
  return { runs, starts, ends, labels, count };
}
