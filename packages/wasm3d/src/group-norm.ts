import type { TensorInfo } from "@tensorflow/tfjs-core";
import { gradientComposed, normalizeComposed } from "./composed-group-norm.js";
import { splitOf } from "./groups.js";
import type { Heap } from "./heap.js";
import { type Kernel, kernel } from "./kernel.js";
import { fitsVectors, gradientByLoops, normalizeByLoops } from "./looped-group-norm.js";

interface Attributes {
  groups: number;
  epsilon?: number;
  relu?: boolean;
}

type Inputs = Record<"x" | "gamma" | "beta", TensorInfo>;
type GradientInputs = Inputs & Record<"dy" | "statistics", TensorInfo>;

function checkShape(name: string, { shape }: TensorInfo, x: TensorInfo): void {
  if (shape.join() !== x.shape.join()) throw new RangeError(`${name} has shape [${shape}], expected that of x, [${x.shape}].`);
}

/** output = ReLU(output + residual) */
function addRelu(heap: Heap, output: TensorInfo, residual: TensorInfo, channels: number): void {
  const [to, size] = [heap.pointer(output), output.shape.reduce((a, b) => a * b, 1)];
  heap.add(to, heap.pointer(residual), to, size);
  heap.withScratch((allocate) => {
    const [scale, shift] = [allocate(channels), allocate(channels)];
    heap.floats(scale, channels).fill(1);
    heap.floats(shift, channels).fill(0);
    heap.scaleShift({ input: to, scale, shift, output: to, positions: size / channels, channels, relu: true });
  });
}

function normalize(
  heap: Heap,
  inputs: Inputs & { residual?: TensorInfo },
  { groups, epsilon = 1e-5, relu = false }: Attributes,
): TensorInfo[] {
  const { x, gamma, beta, residual } = inputs;
  const split = splitOf(x, gamma, beta, groups);
  if (residual) checkShape("residual", residual, x);
  const y = heap.output(x.shape);
  const statistics = heap.output([split.samples, groups, 2]);
  const tensors = { x, gamma, beta, y, statistics, residual };
  if (split.samples * split.count === 0) heap.values(statistics).fill(Number.NaN);
  else if (heap.norms && fitsVectors(split.channels)) normalizeByLoops(heap, heap.norms, tensors, split, epsilon, relu);
  else {
    normalizeComposed(heap, tensors, split, epsilon, relu && !residual);
    if (residual) addRelu(heap, y, residual, split.channels);
  }
  return [y, statistics];
}

function gradients(heap: Heap, inputs: GradientInputs & { y?: TensorInfo }, { groups, relu = false }: Attributes): TensorInfo[] {
  const { dy, x, gamma, beta, statistics, y } = inputs;
  const split = splitOf(x, gamma, beta, groups);
  checkShape("dy", dy, x);
  if (y) checkShape("y", y, x);
  const dx = heap.output(x.shape);
  const masked = y && heap.output(x.shape);
  const sums: [Float64Array, Float64Array] = [new Float64Array(split.channels), new Float64Array(split.channels)];
  const size = split.samples * split.positions * split.channels;
  const tensors = { dy, x, gamma, beta, statistics, dx };
  if (size > 0 && heap.norms && fitsVectors(split.channels)) {
    gradientByLoops(heap, heap.norms, { ...tensors, added: y && masked && { y, masked } }, split, relu, sums);
  } else if (size > 0) {
    if (y && masked) {
      const d = heap.pointer(masked);
      heap.step(heap.pointer(y), d, size);
      heap.multiply(d, heap.pointer(dy), d, size);
    }
    gradientComposed(heap, { ...tensors, dy: masked ?? dy }, split, relu, sums);
  }
  const byChannel = sums.map((values) => {
    const output = heap.output([split.channels]);
    heap.values(output).set(values);
    return output;
  });
  return [dx, ...byChannel, ...(masked ? [masked] : [])];
}

/** The operators that @gleaner/native has in C++, under the same names with the same inputs and outputs. */
export const groupNormKernels: Record<string, Kernel> = {
  /**
   * Group normalization (Wu and He, ECCV 2018) with an optional ReLU: y = γ · (x − μ) / √(σ² + ε) + β over the positions and channels of a group.
   * Outputs y and [samples, groups, 2] with mean and 1 / standard deviation.
   */
  GleanerGroupNorm: kernel<Inputs, Attributes>(normalize),
  /** Gradients by x, γ and β. It asks x again which outputs were above 0, so that y need not be kept. */
  GleanerGroupNormGrad: kernel<GradientInputs, Attributes>(gradients),
  /** The end of a residual block, ReLU(norm(x) + residual): y and the statistics. */
  GleanerGroupNormAddRelu: kernel<Inputs & { residual: TensorInfo }, Attributes>((heap, inputs, attributes) =>
    normalize(heap, inputs, { ...attributes, relu: true }),
  ),
  /** Gradients by x, γ, β and the residual, which y > 0 lets through. */
  GleanerGroupNormAddReluGrad: kernel<GradientInputs & { y: TensorInfo }, Attributes>((heap, inputs, attributes) =>
    gradients(heap, inputs, { ...attributes, relu: false }),
  ),
};
