import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { type Geometry, geometryOf2d, geometryOf3d } from "./geometry.js";
import { type Kernel, kernel } from "./kernel.js";
import { avgPool, avgPoolGradient, maxPool, maxPoolGradient } from "./pool.js";

type Rounding = "floor" | "round" | "ceil";

interface Attributes3d {
  filterSize: number | [number, number, number];
  strides: number | [number, number, number];
  pad: "same" | "valid" | number;
  dimRoundingMode?: Rounding;
  dataFormat?: "NDHWC" | "NCDHW";
}

interface Attributes2d {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode?: Rounding;
}

function geometry3d(shape: number[], { filterSize, strides, pad, dimRoundingMode, dataFormat = "NDHWC" }: Attributes3d): Geometry {
  const input = shape as [number, number, number, number, number];
  return geometryOf3d(backend_util.computePool3DInfo(input, filterSize, strides, 1, pad, dimRoundingMode, dataFormat));
}

function geometry2d(shape: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes2d): Geometry {
  const input = shape as [number, number, number, number];
  return geometryOf2d(backend_util.computePool2DInfo(input, filterSize, strides, 1, pad, dimRoundingMode));
}

const forward = (pool: typeof maxPool): Kernel =>
  kernel<{ x: TensorInfo }, Attributes3d>((heap, { x }, attrs) => {
    const geometry = geometry3d(x.shape, attrs);
    const y = heap.output([geometry.batch, ...geometry.axes.map((axis) => axis.output), geometry.outputChannels], x.dtype);
    pool(heap.values(x), heap.values(y), geometry);
    return y;
  });

interface Gradients {
  dy: TensorInfo;
  input: TensorInfo;
}

const maxGradient = <Attributes extends object>(geometryOf: (shape: number[], attrs: Attributes) => Geometry): Kernel =>
  kernel<Gradients, Attributes>((heap, { dy, input }, attrs) => {
    const dx = heap.output(input.shape);
    maxPoolGradient(heap.values(input), heap.values(dy), heap.values(dx), geometryOf(input.shape, attrs));
    return dx;
  });

const avgGradient = <Attributes extends object>(geometryOf: (shape: number[], attrs: Attributes) => Geometry): Kernel =>
  kernel<Gradients, Attributes>((heap, { dy, input }, attrs) => {
    const dx = heap.output(input.shape);
    avgPoolGradient(heap.values(dy), heap.values(dx), geometryOf(input.shape, attrs));
    return dx;
  });

/** Poolings and their gradients, by the names of tfjs-core's kernels; the 2D poolings themselves are right in the stock backend. */
export const poolKernels: Record<string, Kernel> = {
  MaxPool3D: forward(maxPool),
  MaxPool3DGrad: maxGradient(geometry3d),
  MaxPoolGrad: maxGradient(geometry2d),
  AvgPool3D: forward(avgPool),
  AvgPool3DGrad: avgGradient(geometry3d),
  AvgPoolGrad: avgGradient(geometry2d),
};
