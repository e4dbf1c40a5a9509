import type { Heap } from "./heap.js";
import { tileColumns } from "./tile-loops.js";
import { packColumns } from "./tiled-correlate.js";
import { linesNearby } from "./tiled-filter-gradient.js";
import type { Tiles } from "./tiles.js";

const bytes = 4;
/** Rows of the left side that one table of offsets serves. */
const rowsOfTable = 1024;

/** output = left · right for left [rows, inner] and right [inner, columns]: a correlation with one run. */
export function multiplyByTiles(
  heap: Heap,
  tiles: Tiles,
  left: number,
  right: number,
  output: number,
  rows: number,
  inner: number,
  columns: number,
): void {
  heap.withScratch((allocate) => {
    const most = Math.min(rows, rowsOfTable);
    const [packed, offsets, run] = [allocate(inner * columns), allocate(most), allocate(1)];
    packColumns(heap, right, packed, inner, columns);
    const table = heap.integers(offsets, most);
    for (let row = 0; row < most; row++) table[row] = row * inner * bytes;
    const start = heap.integers(run, 1);
    for (let row = 0; row < rows; row += most) {
      start[0] = left + row * inner * bytes;
      tiles.correlate({
        offsets,
        positions: Math.min(most, rows - row),
        runs: run,
        runCount: 1,
        runLength: inner,
        weights: packed,
        blockLength: inner * tileColumns,
        output: output + row * columns * bytes,
        outputChannels: columns,
      });
    }
  });
}

/** output = leftᵀ · right for left [inner, rows] and right [inner, columns]: the gradient of a run, whose positions are the inner axis. */
export function multiplyTurnedByTiles(
  heap: Heap,
  tiles: Tiles,
  left: number,
  right: number,
  output: number,
  rows: number,
  inner: number,
  columns: number,
): void {
  heap.floats(output, rows * columns).fill(0);
  const most = linesNearby(rows + columns);
  for (let first = 0; first < inner; first += most) {
    tiles.addGradient({
      x: left + first * rows * bytes,
      dy: right + first * columns * bytes,
      dw: output,
      lines: 1,
      width: Math.min(most, inner - first),
      xStep: rows,
      xLine: 0,
      runLength: rows,
      outputChannels: columns,
    });
  }
}
