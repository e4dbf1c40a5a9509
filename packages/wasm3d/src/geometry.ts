import type { backend_util } from "@tensorflow/tfjs-core";

/** One spatial axis of a convolution: output o reads input o·stride + tap·dilation − pad. */
export interface Axis {
  input: number;
  output: number;
  taps: number;
  stride: number;
  dilation: number;
  pad: number;
}

/** A convolution of [batch, depth, height, width, channels] volumes. */
export interface Geometry {
  batch: number;
  inputChannels: number;
  outputChannels: number;
  axes: [Axis, Axis, Axis];
}

// A 'same' convolution whose kernel is shorter than its stride gets pad −1 from tfjs-core. TensorFlow pads by 0 then, and so do we.
const atLeastZero = (pad: number): number => Math.max(0, pad);

/** The geometry of a 3D convolution or pooling from what tfjs-core worked out. */
export function geometryOf3d(info: backend_util.Conv3DInfo): Geometry {
  if (info.dataFormat !== "channelsLast") throw new RangeError(`The data format is ${info.dataFormat}, expected channelsLast (NDHWC).`);
  const { padInfo } = info;
  return {
    batch: info.batchSize,
    inputChannels: info.inChannels,
    outputChannels: info.outChannels,
    axes: [
      {
        input: info.inDepth,
        output: info.outDepth,
        taps: info.filterDepth,
        stride: info.strideDepth,
        dilation: info.dilationDepth,
        pad: atLeastZero(padInfo.front),
      },
      {
        input: info.inHeight,
        output: info.outHeight,
        taps: info.filterHeight,
        stride: info.strideHeight,
        dilation: info.dilationHeight,
        pad: atLeastZero(padInfo.top),
      },
      {
        input: info.inWidth,
        output: info.outWidth,
        taps: info.filterWidth,
        stride: info.strideWidth,
        dilation: info.dilationWidth,
        pad: atLeastZero(padInfo.left),
      },
    ],
  };
}

/** A 2D convolution or pooling as a 3D one of depth 1. */
export function geometryOf2d(info: backend_util.Conv2DInfo): Geometry {
  if (info.dataFormat !== "channelsLast") throw new RangeError(`The data format is ${info.dataFormat}, expected channelsLast (NHWC).`);
  return {
    batch: info.batchSize,
    inputChannels: info.inChannels,
    outputChannels: info.outChannels,
    axes: [
      { input: 1, output: 1, taps: 1, stride: 1, dilation: 1, pad: 0 },
      {
        input: info.inHeight,
        output: info.outHeight,
        taps: info.filterHeight,
        stride: info.strideHeight,
        dilation: info.dilationHeight,
        pad: atLeastZero(info.padInfo.top),
      },
      {
        input: info.inWidth,
        output: info.outWidth,
        taps: info.filterWidth,
        stride: info.strideWidth,
        dilation: info.dilationWidth,
        pad: atLeastZero(info.padInfo.left),
      },
    ],
  };
}
