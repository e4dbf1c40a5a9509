import type { TensorInfo } from "@tensorflow/tfjs-core";
import { groupSum, type Split } from "./groups.js";
import type { Heap } from "./heap.js";
import { sumRows } from "./sum.js";

const bytes = 4;

/** The mean of each channel's group taken off: what both directions start from, so that both see the same bits. */
function center(heap: Heap, x: number, output: number, scratch: number, split: Split, means: (group: number) => number): void {
  const { positions, channels, width } = split;
  const scale = heap.floats(scratch, 2 * channels).fill(1);
  for (let c = 0; c < channels; c++) scale[channels + c] = -means(Math.floor(c / width));
  heap.scaleShift({ input: x, scale: scratch, shift: scratch + channels * bytes, output, positions, channels });
}

/** Writes y and the statistics by XNNPACK's functions, for engines without SIMD and channels that do not fill vectors. */
export function normalizeComposed(
  heap: Heap,
  { x, gamma, beta, y, statistics }: Record<"x" | "gamma" | "beta" | "y" | "statistics", TensorInfo>,
  split: Split,
  epsilon: number,
  relu: boolean,
): void {
  const { samples, positions, channels, width, groups, count } = split;
  const size = positions * channels;
  heap.withScratch((allocate) => {
    const sums = allocate(channels);
    const perChannel = allocate(2 * channels);
    const squares = allocate(size);
    for (let n = 0; n < samples; n++) {
      const [from, to] = [heap.pointer(x) + n * size * bytes, heap.pointer(y) + n * size * bytes];
      sumRows(heap, from, 1, positions, channels, sums);
      const statistic = heap.values(statistics).subarray(n * groups * 2) as Float32Array;
      for (let g = 0; g < groups; g++) statistic[2 * g] = groupSum(heap.floats(sums, channels), g, width) / count;
      const means = Array.from({ length: groups }, (_, g) => statistic[2 * g]!);
      center(heap, from, to, perChannel, split, (g) => means[g]!);
      heap.multiply(to, to, squares, size);
      sumRows(heap, squares, 1, positions, channels, sums);
      const totals = heap.floats(sums, channels);
      const inverse = Array.from({ length: groups }, (_, g) => Math.fround(1 / Math.sqrt(groupSum(totals, g, width) / count + epsilon)));
      const stored = heap.values(statistics);
      for (let g = 0; g < groups; g++) stored[(n * groups + g) * 2 + 1] = inverse[g]!;
      applyAffine(heap, to, to, perChannel, split, inverse, gamma, beta, relu);
    }
  });
}

/** output = centered · γ / σ + β */
function applyAffine(
  heap: Heap,
  centered: number,
  output: number,
  scratch: number,
  { positions, channels, width }: Split,
  inverse: number[],
  gamma: TensorInfo,
  beta: TensorInfo,
  relu: boolean,
): void {
  const [gammas, betas, scale] = [heap.values(gamma), heap.values(beta), heap.floats(scratch, 2 * channels)];
  for (let c = 0; c < channels; c++) scale[c] = gammas[c]! * inverse[Math.floor(c / width)]!;
  scale.set(betas, channels);
  heap.scaleShift({ input: centered, scale: scratch, shift: scratch + channels * bytes, output, positions, channels, relu });
}

/** Writes dx, and adds the gradients by γ and β to float64 sums. */
export function gradientComposed(
  heap: Heap,
  { dy, x, gamma, beta, statistics, dx }: Record<"dy" | "x" | "gamma" | "beta" | "statistics" | "dx", TensorInfo>,
  split: Split,
  relu: boolean,
  [byGamma, byBeta]: [Float64Array, Float64Array],
): void {
  const { samples, positions, channels, width, groups, count } = split;
  const size = positions * channels;
  heap.withScratch((allocate) => {
    const [sumD, sumDx, perChannel] = [allocate(channels), allocate(channels), allocate(2 * channels)];
    const [centered, product] = [allocate(size), allocate(size)];
    const masked = relu ? allocate(size) : 0;
    for (let n = 0; n < samples; n++) {
      const at = (tensor: TensorInfo): number => heap.pointer(tensor) + n * size * bytes;
      const statistic = Array.from(heap.values(statistics).subarray(n * groups * 2, (n + 1) * groups * 2));
      const inverse = Array.from({ length: groups }, (_, g) => statistic[2 * g + 1]!);
      center(heap, at(x), centered, perChannel, split, (g) => statistic[2 * g]!);
      if (relu) {
        applyAffine(heap, centered, product, perChannel, split, inverse, gamma, beta, false);
        heap.step(product, product, size);
        heap.multiply(product, at(dy), masked, size);
      }
      const d = relu ? masked : at(dy);
      heap.multiply(d, centered, product, size);
      sumRows(heap, d, 1, positions, channels, sumD);
      sumRows(heap, product, 1, positions, channels, sumDx);
      const [totalD, totalDx, gammas] = [heap.floats(sumD, channels), heap.floats(sumDx, channels), heap.values(gamma) as Float32Array];
      // dx = (γ·d − mean(γ·d) − x̂ · mean(γ·d·x̂)) / σ with x̂ = centered / σ: one multiple of d, one of centered, one constant for each channel.
      const constants = Array.from({ length: groups }, (_, g) => -(inverse[g]! * groupSum(totalD, g, width, gammas)) / count);
      const slopes = Array.from({ length: groups }, (_, g) => -(inverse[g]! ** 3 * groupSum(totalDx, g, width, gammas)) / count);
      const groupOf = (c: number): number => Math.floor(c / width);
      for (let c = 0; c < channels; c++) {
        byBeta[c]! += totalD[c]!;
        byGamma[c]! += totalDx[c]! * inverse[groupOf(c)]!;
      }
      const combine = (input: number, output: number, scale: (c: number) => number, shift: (c: number) => number): void => {
        const values = heap.floats(perChannel, 2 * channels);
        for (let c = 0; c < channels; c++) [values[c], values[channels + c]] = [scale(c), shift(c)];
        heap.scaleShift({ input, scale: perChannel, shift: perChannel + channels * bytes, output, positions, channels });
      };
      const scales = Array.from(gammas, (value, c) => value * inverse[groupOf(c)]!);
      combine(
        d,
        at(dx),
        (c) => scales[c]!,
        (c) => constants[groupOf(c)]!,
      );
      combine(
        centered,
        centered,
        (c) => slopes[groupOf(c)]!,
        () => 0,
      );
      heap.add(at(dx), centered, at(dx), size);
    }
  });
}
