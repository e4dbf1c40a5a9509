import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { type Geometry, geometryOf2d } from "./geometry.js";
import { type Kernel, kernel } from "./kernel.js";

type Shape4 = [number, number, number, number];
type Pair = number | [number, number];

interface Attributes {
  strides: Pair;
  dilations?: Pair;
  pad: "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode?: "floor" | "round" | "ceil";
}

function geometryOf(input: number[], filter: number[], { strides, dilations = 1, pad, dimRoundingMode }: Attributes): Geometry {
  return geometryOf2d(
    backend_util.computeConv2DInfo(input as Shape4, filter as Shape4, strides, dilations, pad, dimRoundingMode, true /* depthwise */),
  );
}

/** A row of outputs and the row of inputs that one tap reads for it, by the indices of their first channels. */
interface TapRow {
  tap: number;
  /** Of the first output whose input lies inside the image, and of that input. */
  output: number;
  input: number;
  /** Outputs in a row whose inputs lie inside. */
  count: number;
}

/** Calls `visit` for every row of outputs and every tap that reads inside the image; the same object each time. */
function eachTapRow({ batch, inputChannels, outputChannels, axes }: Geometry, visit: (row: TapRow) => void): void {
  const [, height, width] = axes;
  const row: TapRow = { tap: 0, output: 0, input: 0, count: 0 };
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < height.output; o++) {
      for (let tapY = 0; tapY < height.taps; tapY++) {
        const y = o * height.stride + tapY * height.dilation - height.pad;
        if (y < 0 || y >= height.input) continue;
        for (let tapX = 0; tapX < width.taps; tapX++) {
          const offset = tapX * width.dilation - width.pad;
          const first = Math.max(0, Math.ceil(-offset / width.stride));
          const last = Math.min(width.output - 1, Math.floor((width.input - 1 - offset) / width.stride));
          if (last < first) continue;
          row.tap = tapY * width.taps + tapX;
          row.count = last - first + 1;
          row.output = ((n * height.output + o) * width.output + first) * outputChannels;
          row.input = ((n * height.input + y) * width.input + first * width.stride + offset) * inputChannels;
          visit(row);
        }
      }
    }
  }
}

type Floats = Float32Array;

/** dx = Σ dy · w over the outputs that an input has a part in. */
const inputGradient = kernel<{ dy: TensorInfo; filter: TensorInfo }, Attributes & { inputShape: number[] }>(
  (heap, { dy, filter }, attributes) => {
    const geometry = geometryOf(attributes.inputShape, filter.shape, attributes);
    const { inputChannels, outputChannels, axes } = geometry;
    const multiplier = filter.shape[3]!;
    const dx = heap.output(attributes.inputShape);
    const [to, from, weights] = [heap.values(dx), heap.values(dy), heap.values(filter)] as [Floats, Floats, Floats];
    const step = axes[2].stride * inputChannels;
    to.fill(0);
    eachTapRow(geometry, ({ tap, input, output, count }) => {
      for (let i = 0, at = input, next = output; i < count; i++, at += step) {
        for (let c = 0, w = tap * outputChannels; c < inputChannels; c++) {
          let sum = 0;
          for (let q = 0; q < multiplier; q++) sum += from[next++]! * weights[w++]!;
          to[at + c]! += sum;
        }
      }
    });
    return dx;
  },
);

/** dw = Σ x · dy over samples and positions, summed in float64: there are many. */
const filterGradient = kernel<{ x: TensorInfo; dy: TensorInfo }, Attributes & { filterShape: number[] }>((heap, { x, dy }, attributes) => {
  const geometry = geometryOf(x.shape, attributes.filterShape, attributes);
  const { inputChannels, outputChannels, axes } = geometry;
  const multiplier = attributes.filterShape[3]!;
  const dw = heap.output(attributes.filterShape);
  const [inputs, outputs] = [heap.values(x), heap.values(dy)] as [Floats, Floats];
  const sums = new Float64Array(axes[1].taps * axes[2].taps * outputChannels);
  const step = axes[2].stride * inputChannels;
  eachTapRow(geometry, ({ tap, input, output, count }) => {
    for (let i = 0, at = input, next = output; i < count; i++, at += step) {
      for (let c = 0, w = tap * outputChannels; c < inputChannels; c++) {
        const value = inputs[at + c]!;
        for (let q = 0; q < multiplier; q++) sums[w++]! += value * outputs[next++]!;
      }
    }
  });
  heap.values(dw).set(sums);
  return dw;
});

/**
 * The gradients of a depthwise 2D convolution, whose filter [height, width, in, multiplier] turns each channel into `multiplier` of its own,
 * by the names of tfjs-core's kernels. The convolution itself is right and fast in the stock backend.
 */
export const depthwiseKernels: Record<string, Kernel> = {
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  DepthwiseConv2dNativeBackpropFilter: filterGradient,
};
