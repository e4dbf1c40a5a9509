import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";
import { type Kernel, kernel } from "./kernel.js";
import { sumRows } from "./sum.js";

interface Attributes {
  groups: number;
  epsilon?: number;
  relu?: boolean;
}

interface Split {
  samples: number;
  positions: number;
  channels: number;
  /** Channels of a group. */
  width: number;
  groups: number;
  /** Values that one mean is taken over. */
  count: number;
}

function splitOf(x: TensorInfo, gamma: TensorInfo, beta: TensorInfo, groups: number): Split {
  const rank = x.shape.length;
  if (rank < 2) throw new RangeError(`x has rank ${rank}, expected a batch axis first and a channel axis last.`);
  const [samples, channels] = [x.shape[0]!, x.shape[rank - 1]!];
  if (!(Number.isInteger(groups) && groups > 0 && channels % groups === 0))
    throw new RangeError(`groups ${groups}, expected a divisor of the ${channels} channels.`);
  for (const [name, { shape }] of Object.entries({ gamma, beta })) {
    if (shape.length !== 1 || shape[0] !== channels) throw new RangeError(`${name} has shape [${shape}], expected [${channels}].`);
  }
  const positions = x.shape.slice(1, -1).reduce((a, b) => a * b, 1);
  const width = channels / groups;
  return { samples, positions, channels, width, groups, count: positions * width };
}

const bytes = 4;

/** Sums of a group's channels, each multiplied by `weights`. */
const groupSum = (sums: Float32Array, group: number, width: number, weights?: Float32Array): number => {
  let total = 0;
  for (let c = group * width; c < (group + 1) * width; c++) total += sums[c]! * (weights ? weights[c]! : 1);
  return total;
};

/** The mean of each channel's group taken off: what both directions start from, so that both see the same bits. */
function center(heap: Heap, x: number, output: number, scratch: number, split: Split, means: (group: number) => number): void {
  const { positions, channels, width } = split;
  const scale = heap.floats(scratch, 2 * channels).fill(1);
  for (let c = 0; c < channels; c++) scale[channels + c] = -means(Math.floor(c / width));
  heap.scaleShift({ input: x, scale: scratch, shift: scratch + channels * bytes, output, positions, channels });
}

/**
 * Group normalization (Wu and He, ECCV 2018) with an optional ReLU: y = γ · (x − μ) / √(σ² + ε) + β over the positions and channels of a group.
 * Outputs y and [samples, groups, 2] with mean and 1 / standard deviation. Two passes: E[x²] − E[x]² would lose a mean far above the deviation.
 */
const groupNorm = kernel<{ x: TensorInfo; gamma: TensorInfo; beta: TensorInfo }, Attributes>(
  (heap, { x, gamma, beta }, { groups, epsilon = 1e-5, relu = false }) => {
    const split = splitOf(x, gamma, beta, groups);
    const { samples, positions, channels, width, count } = split;
    const size = positions * channels;
    const y = heap.output(x.shape);
    const statistics = heap.output([samples, groups, 2]);
    if (samples * size === 0) {
      heap.values(statistics).fill(Number.NaN);
      return [y, statistics];
    }
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
    return [y, statistics];
  },
);

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

type GradientInputs = Record<"dy" | "x" | "gamma" | "beta" | "statistics", TensorInfo>;

/** Gradients by x, γ and β. It asks x again which outputs were above 0, so that y need not be kept. */
const groupNormGradient = kernel<GradientInputs, Attributes>((heap, { dy, x, gamma, beta, statistics }, { groups, relu = false }) => {
  const split = splitOf(x, gamma, beta, groups);
  const { samples, positions, channels, width, count } = split;
  const size = positions * channels;
  const dx = heap.output(x.shape);
  const [byGamma, byBeta] = [new Float64Array(channels), new Float64Array(channels)];
  if (size > 0) {
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
  const [dgamma, dbeta] = [heap.output([channels]), heap.output([channels])];
  heap.values(dgamma).set(byGamma);
  heap.values(dbeta).set(byBeta);
  return [dx, dgamma, dbeta];
});

/** The operators that @gleaner/native has in C++, under the same names with the same inputs and outputs. */
export const groupNormKernels: Record<string, Kernel> = { GleanerGroupNorm: groupNorm, GleanerGroupNormGrad: groupNormGradient };
