import type { TensorInfo } from "@tensorflow/tfjs-core";
import { groupSum, type Split } from "./groups.js";
import type { Heap } from "./heap.js";
import { type NormLoops, row, tableRows } from "./norm-loops.js";

const bytes = 4;
/** Floats of one tensor that are gone over twice while they are in the nearest cache, and positions whose sums float32 holds well. */
const [nearby, mostPositions] = [4096, 256];

/** Whether the loops can do it: their vectors are four channels. */
export const fitsVectors = (channels: number): boolean => channels % 4 === 0;

/** Runs `work` for blocks of positions, with the bytes before each. */
function everyBlock({ positions, channels }: Split, work: (before: number, count: number) => void): void {
  const most = Math.max(1, Math.min(mostPositions, Math.floor(nearby / channels)));
  for (let first = 0; first < positions; first += most) work(first * channels * bytes, Math.min(most, positions - first));
}

/** The loops' table and its rows. No call of theirs makes memory grow, so that the rows stay valid until something is allocated. */
function createTable(heap: Heap, allocate: (count: number) => number, channels: number) {
  const table = allocate(tableRows * channels);
  return { table, rowOf: (name: keyof typeof row): Float32Array => heap.floats(table + row[name] * channels * bytes, channels) };
}

/**
 * Mean and sum of squares about it for each channel. Blocks have their own mean, and are joined in float64 (Chan, Golub and LeVeque, 1979):
 * x is read from memory once, and a mean far above the deviation costs no digits.
 */
function momentsOf(
  loops: NormLoops,
  x: number,
  split: Split,
  { table, rowOf }: ReturnType<typeof createTable>,
): Record<"means" | "squares", Float64Array> {
  const { channels } = split;
  const [share, sums, products] = [rowOf("share"), rowOf("sum"), rowOf("product")];
  const [means, squares] = [new Float64Array(channels), new Float64Array(channels)];
  let before = 0;
  everyBlock(split, (offset, count) => {
    share.fill(1 / count);
    loops.moments(x + offset, count, channels, table);
    const all = before + count;
    for (let c = 0; c < channels; c++) {
      const apart = sums[c]! / count - means[c]!;
      means[c]! += (apart * count) / all;
      squares[c]! += products[c]! + (apart * apart * before * count) / all;
    }
    before = all;
  });
  return { means, squares };
}

/** Fills the rows that both directions share. */
function fillAffine(
  rowOf: (name: keyof typeof row) => Float32Array,
  { channels, width }: Split,
  statistic: ArrayLike<number>,
  gammas: ArrayLike<number>,
  betas: ArrayLike<number>,
  relu: boolean,
): void {
  const [means, scales] = [rowOf("mean"), rowOf("scale")];
  for (let c = 0; c < channels; c++) {
    const group = Math.floor(c / width);
    means[c] = statistic[2 * group]!;
    scales[c] = gammas[c]! * statistic[2 * group + 1]!;
  }
  rowOf("shift").set(betas);
  rowOf("floor").fill(relu ? 0 : Number.NEGATIVE_INFINITY);
}

/** Writes y, with the residual added before ReLU if there is one, and the statistics. */
export function normalizeByLoops(
  heap: Heap,
  loops: NormLoops,
  tensors: Record<"x" | "gamma" | "beta" | "y" | "statistics", TensorInfo> & { residual?: TensorInfo | undefined },
  split: Split,
  epsilon: number,
  relu: boolean,
): void {
  const { samples, positions, channels, width, groups, count } = split;
  const { x, gamma, beta, y, statistics, residual } = tensors;
  heap.withScratch((allocate) => {
    const rows = createTable(heap, allocate, channels);
    const [gammas, betas, stored] = [heap.values(gamma), heap.values(beta), heap.values(statistics)];
    for (let n = 0; n < samples; n++) {
      const at = (tensor: TensorInfo): number => heap.pointer(tensor) + n * positions * channels * bytes;
      const statistic = stored.subarray(n * groups * 2, (n + 1) * groups * 2);
      const { means, squares } = momentsOf(loops, at(x), split, rows);
      for (let g = 0; g < groups; g++) {
        const mean = groupSum(means, g, width) / width;
        const apart = means.map((value) => (value - mean) ** 2);
        const variance = (groupSum(squares, g, width) + positions * groupSum(apart, g, width)) / count;
        statistic[2 * g] = mean;
        statistic[2 * g + 1] = 1 / Math.sqrt(variance + epsilon);
      }
      fillAffine(rows.rowOf, split, statistic, gammas, betas, relu);
      everyBlock(split, (offset, block) => {
        const [from, to] = [at(x) + offset, at(y) + offset];
        if (residual) loops.applyAndAdd(from, at(residual) + offset, to, block, channels, rows.table);
        else loops.apply(from, to, block, channels, rows.table);
      });
    }
  });
}

/** Writes dx, and adds the gradients by γ and β to float64 sums. With `y` of a residual's addition, dy is masked by it first, into `masked`. */
export function gradientByLoops(
  heap: Heap,
  loops: NormLoops,
  tensors: Record<"dy" | "x" | "gamma" | "beta" | "statistics" | "dx", TensorInfo> & {
    added?: Record<"y" | "masked", TensorInfo> | undefined;
  },
  split: Split,
  relu: boolean,
  [byGamma, byBeta]: [Float64Array, Float64Array],
): void {
  const { samples, positions, channels, width, groups, count } = split;
  const { dy, x, gamma, beta, statistics, dx, added } = tensors;
  heap.withScratch((allocate) => {
    const { table, rowOf } = createTable(heap, allocate, channels);
    const [gammas, betas, stored] = [heap.values(gamma), heap.values(beta), heap.values(statistics)];
    for (let n = 0; n < samples; n++) {
      const at = (tensor: TensorInfo): number => heap.pointer(tensor) + n * positions * channels * bytes;
      const statistic = stored.subarray(n * groups * 2, (n + 1) * groups * 2);
      fillAffine(rowOf, split, statistic, gammas, betas, relu);
      const [sums, products] = [rowOf("sum"), rowOf("product")];
      const [totalD, totalDx] = [new Float64Array(channels), new Float64Array(channels)];
      const d = added ? at(added.masked) : at(dy);
      everyBlock(split, (offset, block) => {
        if (added) loops.mask(at(added.y) + offset, at(dy) + offset, d + offset, block, channels, table);
        loops.gradientSums(at(x) + offset, d + offset, block, channels, table);
        for (let c = 0; c < channels; c++) {
          totalD[c]! += sums[c]!;
          totalDx[c]! += products[c]!;
        }
      });
      // dx = (γ·d − mean(γ·d) − x̂ · mean(γ·d·x̂)) / σ with x̂ = x̄ / σ: one multiple of d, one of x̄, one constant for each channel.
      const [slopes, constants] = [rowOf("slope"), rowOf("constant")];
      for (let g = 0; g < groups; g++) {
        const inverse = statistic[2 * g + 1]!;
        const [first, end] = [g * width, (g + 1) * width];
        constants.fill(-(inverse * groupSum(totalD, g, width, gammas)) / count, first, end);
        slopes.fill(-(inverse ** 3 * groupSum(totalDx, g, width, gammas)) / count, first, end);
        for (let c = first; c < end; c++) {
          byBeta[c]! += totalD[c]!;
          byGamma[c]! += totalDx[c]! * inverse;
        }
      }
      everyBlock(split, (offset, block) => loops.gradient(at(x) + offset, d + offset, at(dx) + offset, block, channels, table));
    }
  });
}
