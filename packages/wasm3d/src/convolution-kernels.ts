import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { correlate } from "./correlate.js";
import { filterGradient } from "./filter-gradient.js";
import { type Geometry, geometryOf2d, geometryOf3d } from "./geometry.js";
import type { Heap } from "./heap.js";
import { inputGradient } from "./input-gradient.js";
import { type Kernel, kernel } from "./kernel.js";

type Shape5 = [number, number, number, number, number];
type Shape4 = [number, number, number, number];
type Triple = number | [number, number, number];
type Pair = number | [number, number];

interface Attributes3d {
  strides: Triple;
  dilations?: Triple;
  pad: "same" | "valid" | number;
  dataFormat?: "NDHWC" | "NCDHW";
}

interface Attributes2d {
  strides: Pair;
  pad: "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
  dataFormat?: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
}

function geometry3d(input: number[], filter: number[], { strides, dilations = 1, pad, dataFormat = "NDHWC" }: Attributes3d): Geometry {
  const format = dataFormat === "NDHWC" ? "channelsLast" : "channelsFirst";
  return geometryOf3d(backend_util.computeConv3DInfo(input as Shape5, filter as Shape5, strides, dilations, pad, false, format));
}

function geometry2d(input: number[], filter: number[], { strides, pad, dataFormat = "NHWC", dimRoundingMode }: Attributes2d): Geometry {
  const format = backend_util.convertConv2DDataFormat(dataFormat);
  return geometryOf2d(backend_util.computeConv2DInfo(input as Shape4, filter as Shape4, strides, 1, pad, dimRoundingMode, false, format));
}

const conv3d = kernel<{ x: TensorInfo; filter: TensorInfo }, Attributes3d>((heap, { x, filter }, attrs) => {
  const geometry = geometry3d(x.shape, filter.shape, attrs);
  const y = heap.output([geometry.batch, ...geometry.axes.map((axis) => axis.output), geometry.outputChannels]);
  correlate(heap, heap.pointer(x), heap.pointer(filter), heap.pointer(y), geometry);
  return y;
});

const byInput = (heap: Heap, dy: TensorInfo, filter: TensorInfo, shape: number[], geometry: Geometry): TensorInfo => {
  const dx = heap.output(shape);
  inputGradient(heap, heap.pointer(dy), heap.pointer(filter), heap.pointer(dx), geometry);
  return dx;
};

const byFilter = (heap: Heap, x: TensorInfo, dy: TensorInfo, shape: number[], geometry: Geometry): TensorInfo => {
  const dw = heap.output(shape);
  filterGradient(heap, heap.pointer(x), heap.pointer(dy), heap.pointer(dw), geometry);
  return dw;
};

const conv3dInput = kernel<{ dy: TensorInfo; filter: TensorInfo }, Attributes3d & { inputShape: number[] }>((heap, { dy, filter }, attrs) =>
  byInput(heap, dy, filter, attrs.inputShape, geometry3d(attrs.inputShape, filter.shape, attrs)),
);

const conv3dFilter = kernel<{ x: TensorInfo; dy: TensorInfo }, Attributes3d & { filterShape: number[] }>((heap, { x, dy }, attrs) =>
  byFilter(heap, x, dy, attrs.filterShape, geometry3d(x.shape, attrs.filterShape, attrs)),
);

const conv2dInput = kernel<{ dy: TensorInfo; filter: TensorInfo }, Attributes2d & { inputShape: number[] }>((heap, { dy, filter }, attrs) =>
  byInput(heap, dy, filter, attrs.inputShape, geometry2d(attrs.inputShape, filter.shape, attrs)),
);

const conv2dFilter = kernel<{ x: TensorInfo; dy: TensorInfo }, Attributes2d & { filterShape: number[] }>((heap, { x, dy }, attrs) =>
  byFilter(heap, x, dy, attrs.filterShape, geometry2d(x.shape, attrs.filterShape, attrs)),
);

/** Convolutions and their gradients, by the names of tfjs-core's kernels. */
export const convolutionKernels: Record<string, Kernel> = {
  Conv3D: conv3d,
  Conv3DBackpropInputV2: conv3dInput,
  Conv3DBackpropFilterV2: conv3dFilter,
  Conv2DBackpropInput: conv2dInput,
  Conv2DBackpropFilter: conv2dFilter,
};
