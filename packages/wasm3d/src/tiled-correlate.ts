import type { Geometry } from "./geometry.js";
import type { Heap } from "./heap.js";
import { createSlices, depthRange } from "./slices.js";
import { tileColumns } from "./tile-loops.js";
import type { Tiles } from "./tiles.js";

const bytes = 4;

/** [rows, columns] → blocks of 8 columns, each [rows, 8]: the order in which a tile reads them. */
export function packColumns(heap: Heap, matrix: number, packed: number, rows: number, columns: number): void {
  const [from, to] = [heap.floats(matrix, rows * columns), heap.floats(packed, rows * columns)];
  let next = 0;
  for (let block = 0; block < columns; block += tileColumns) {
    for (let row = 0, at = block; row < rows; row++, at += columns) for (let c = 0; c < tileColumns; c++) to[next++] = from[at + c]!;
  }
}

/** Whether tiles can do a correlation: their columns are output channels. */
export const fitsTiles = (outputChannels: number): boolean => outputChannels % tileColumns === 0;

/**
 * Correlates a volume with a filter [depth, height, width, in, out] slice by slice: a tile of positions and output channels stays in registers
 * over all taps and input channels. Taps that follow each other in memory are one run. `output` is overwritten.
 */
export function correlateByTiles(heap: Heap, tiles: Tiles, input: number, filter: number, output: number, geometry: Geometry): void {
  const { batch, inputChannels, outputChannels, axes } = geometry;
  const [depth, height, width] = axes;
  const positions = height.output * width.output;
  const rowsOfTap = height.taps * width.taps * inputChannels;
  const tapsOfRun = width.dilation === 1 ? width.taps : 1;
  const runsOfRow = width.taps / tapsOfRun;
  const runsOfDepth = height.taps * runsOfRow;
  heap.withScratch((allocate) => {
    const slices = createSlices(heap, allocate, input, geometry);
    const packed = allocate(depth.taps * rowsOfTap * outputChannels);
    const [offsets, runs] = [allocate(positions), allocate(depth.taps * runsOfDepth)];
    packColumns(heap, filter, packed, depth.taps * rowsOfTap, outputChannels);
    const table = heap.integers(offsets, positions);
    for (let y = 0, next = 0; y < height.output; y++) {
      const row = y * height.stride * slices.row;
      for (let x = 0; x < width.output; x++) table[next++] = (row + x * width.stride * inputChannels) * bytes;
    }
    for (let n = 0; n < batch; n++) {
      for (let z = 0; z < depth.output; z++) {
        const target = output + (n * depth.output + z) * positions * outputChannels * bytes;
        const [from, to] = depthRange(depth, z);
        if (from === to) {
          heap.floats(target, positions * outputChannels).fill(0);
          continue;
        }
        const starts = heap.integers(runs, depth.taps * runsOfDepth);
        let runCount = 0;
        for (let tap = from; tap < to; tap++) {
          const slice = slices.at(n, z * depth.stride - depth.pad + tap * depth.dilation);
          for (let i = 0; i < height.taps; i++) {
            const row = slice + i * height.dilation * slices.row * bytes;
            for (let j = 0; j < runsOfRow; j++) starts[runCount++] = row + j * width.dilation * inputChannels * bytes;
          }
        }
        tiles.correlate({
          offsets,
          positions,
          runs,
          runCount,
          runLength: tapsOfRun * inputChannels,
          weights: packed + from * rowsOfTap * tileColumns * bytes,
          blockLength: depth.taps * rowsOfTap * tileColumns,
          output: target,
          outputChannels,
        });
      }
    }
  });
}
