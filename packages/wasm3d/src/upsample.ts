import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Kernel, kernel } from "./kernel.js";

type Floats = Float32Array;

/** The extents of the small volume: those of the tensor by `divisor`. */
function smallExtents(name: string, { shape, dtype }: TensorInfo, divisor: 1 | 2) {
  if (shape.length !== 5 || dtype !== "float32")
    throw new RangeError(`${name} is ${dtype} of shape [${shape}], expected float32 [batch, z, y, x, channel].`);
  const [batch, depth, height, width] = shape.map((extent, axis) => (axis > 0 && axis < 4 ? extent / divisor : extent));
  if (![depth, height, width].every(Number.isInteger)) throw new RangeError(`${name} has shape [${shape}], expected even extents.`);
  return { batch: batch!, depth: depth!, height: height!, width: width!, channels: shape[4]! };
}

/** x [n, d, h, w, c] → [n, 2d, 2h, 2w, c], each voxel eight times. */
const upsample = kernel<{ x: TensorInfo }, object>((heap, { x }) => {
  const { batch, depth, height, width, channels } = smallExtents("x", x, 1);
  const y = heap.output([batch, 2 * depth, 2 * height, 2 * width, channels]);
  const [from, to] = [heap.values(x), heap.values(y)] as [Floats, Floats];
  const row = 2 * width * channels;
  const slice = 2 * height * row;
  for (let z = 0, next = 0; z < batch * depth; z++) {
    const start = 2 * z * slice;
    for (let line = 0, at = start; line < height; line++, at += 2 * row) {
      for (let i = 0, target = at; i < width; i++, next += channels, target += 2 * channels) {
        for (let c = 0; c < channels; c++) {
          const value = from[next + c]!;
          to[target + c] = value;
          to[target + channels + c] = value;
        }
      }
      to.copyWithin(at + row, at, at + row);
    }
    to.copyWithin(start + slice, start, start + slice);
  }
  return y;
});

/** dy [n, 2d, 2h, 2w, c] → [n, d, h, w, c], sums of 2×2×2 voxels. */
const upsampleGradient = kernel<{ dy: TensorInfo }, object>((heap, { dy }) => {
  const { batch, depth, height, width, channels } = smallExtents("dy", dy, 2);
  const dx = heap.output([batch, depth, height, width, channels]);
  const [from, to] = [heap.values(dy), heap.values(dx)] as [Floats, Floats];
  const row = 2 * width * channels;
  const slice = 2 * height * row;
  for (let z = 0, next = 0; z < batch * depth; z++) {
    for (let line = 0, at = 2 * z * slice; line < height; line++, at += 2 * row) {
      for (let i = 0, a = at; i < width; i++, a += channels) {
        for (let c = 0; c < channels; c++, a++, next++) {
          const near = from[a]! + from[a + channels]! + from[a + row]! + from[a + row + channels]!;
          const b = a + slice;
          to[next] = near + from[b]! + from[b + channels]! + from[b + row]! + from[b + row + channels]!;
        }
      }
    }
  }
  return dx;
});

/** Nearest-neighbor upsampling by two and its gradient, under the names and with the inputs that @gleaner/native has in C++. */
export const upsampleKernels: Record<string, Kernel> = {
  GleanerUpsampleNearest3d: upsample,
  GleanerUpsampleNearest3dGrad: upsampleGradient,
};
