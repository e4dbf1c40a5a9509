import type { Geometry } from "./geometry.js";
import type { Heap } from "./heap.js";
import { createSlices, depthRange } from "./slices.js";
import type { Tiles } from "./tiles.js";

const bytes = 4;
/** Floats of x and dy that are read again for every tile of the gradient: half of the nearest cache of most processors. */
const nearby = 4096;

/** Lines of `length` floats that are worth going over together. */
export const linesNearby = (length: number): number => Math.max(1, Math.floor(nearby / length));

/**
 * The gradient by the filter. A tile of run and output channels stays in registers over a few rows of x and dy, is added to `dw`, and the same
 * rows serve the next tile. `dw` [taps, in, out] is overwritten.
 */
export function filterGradientByTiles(heap: Heap, tiles: Tiles, x: number, dy: number, dw: number, geometry: Geometry): void {
  const { batch, inputChannels, outputChannels, axes } = geometry;
  const [depth, height, width] = axes;
  const tapsOfRun = width.dilation === 1 ? width.taps : 1;
  const tapSize = inputChannels * outputChannels;
  heap.floats(dw, depth.taps * height.taps * width.taps * tapSize).fill(0);
  heap.withScratch((allocate) => {
    const slices = createSlices(heap, allocate, x, geometry);
    const common = {
      width: width.output,
      xStep: width.stride * inputChannels,
      xLine: height.stride * slices.row,
      runLength: tapsOfRun * inputChannels,
      outputChannels,
    };
    const dyLine = width.output * outputChannels;
    const most = linesNearby(common.xLine + dyLine);
    for (let n = 0; n < batch; n++) {
      for (let z = 0; z < depth.output; z++) {
        const [from, to] = depthRange(depth, z);
        const read = Array.from({ length: to - from }, (_, i) => slices.at(n, z * depth.stride - depth.pad + (from + i) * depth.dilation));
        for (let y = 0; y < height.output; y += most) {
          const lines = Math.min(most, height.output - y);
          const dyAt = dy + ((n * depth.output + z) * height.output + y) * dyLine * bytes;
          for (const [i, slice] of read.entries()) {
            for (let tapY = 0; tapY < height.taps; tapY++) {
              const row = slice + (y * height.stride + tapY * height.dilation) * slices.row * bytes;
              for (let tapX = 0; tapX < width.taps; tapX += tapsOfRun) {
                tiles.addGradient({
                  ...common,
                  lines,
                  x: row + tapX * width.dilation * inputChannels * bytes,
                  dy: dyAt,
                  dw: dw + (((from + i) * height.taps + tapY) * width.taps + tapX) * tapSize * bytes,
                });
              }
            }
          }
        }
      }
    }
  });
}
