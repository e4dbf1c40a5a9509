import type { Axis, Geometry } from "./geometry.js";
import type { Heap } from "./heap.js";
import { fitsTiles } from "./tiled-correlate.js";
import { filterGradientByTiles } from "./tiled-filter-gradient.js";

/** A tap reads input o·stride + tap·dilation − pad = (o + shift)·stride + phase. */
interface TapShift {
  phase: number;
  shift: number;
}

const tapShifts = (axis: Axis): TapShift[] =>
  Array.from({ length: axis.taps }, (_, tap) => {
    const offset = tap * axis.dilation - axis.pad;
    const shift = Math.floor(offset / axis.stride);
    return { phase: offset - shift * axis.stride, shift };
  });

/**
 * One axis of the grid on which every tap is a plain shift: `size` positions, the first of which is input `low` (in strides), and shifts of up to
 * `span` positions.
 */
interface GridAxis {
  axis: Axis;
  taps: TapShift[];
  low: number;
  span: number;
  size: number;
}

function gridAxis(axis: Axis): GridAxis {
  const taps = tapShifts(axis);
  const shifts = taps.map((t) => t.shift);
  const [low, high] = [Math.min(...shifts), Math.max(...shifts)];
  const firstRead = Math.max(0, low);
  const lastRead = Math.min(Math.floor((axis.input - 1) / axis.stride), axis.output - 1 + high);
  // A margin behind one row is the margin before the next: what is read past the end of a row must end before the next one's first input.
  const size = Math.max(axis.output, axis.output + high - firstRead, lastRead - low + 1);
  return { axis, taps, low, span: high - low, size };
}

/**
 * The gradient by the filter. Both volumes are laid on one grid with margins, x as [channel, position] for each phase of the strides, dy as
 * [position, channel] with zeros in the margins. A tap is then a shift of x by a number of positions, and its gradient the product of the shifted
 * view with dy, without copying anything for each tap. `dw` [taps, in, out] is overwritten.
 */
export function filterGradient(heap: Heap, x: number, dy: number, dw: number, geometry: Geometry): void {
  const { batch, inputChannels, outputChannels, axes } = geometry;
  if (heap.tiles && fitsTiles(geometry.outputChannels)) {
    filterGradientByTiles(heap, heap.tiles, x, dy, dw, geometry);
    return;
  }
  const grid: Grid = [gridAxis(axes[0]), gridAxis(axes[1]), gridAxis(axes[2])];
  const positions = batch * grid[0].size * grid[1].size * grid[2].size;
  const offsetOf = (z: number, y: number, x: number): number => (z * grid[1].size + y) * grid[2].size + x;
  // The last rows of a shifted view run past the end of x: they meet zeros of dy, but have to be there and finite.
  const slack = offsetOf(grid[0].span, grid[1].span, grid[2].span);
  if (positions === 0) {
    heap.floats(dw, axes[0].taps * axes[1].taps * axes[2].taps * inputChannels * outputChannels).fill(0);
    return;
  }
  heap.withScratch((allocate) => {
    const spread = allocate(positions * outputChannels);
    const lines = allocate(positions * inputChannels + slack);
    spreadOutputs(heap, dy, spread, geometry, grid);
    const bytes = 4;
    for (const [z, tapsZ] of byPhase(grid[0])) {
      for (const [y, tapsY] of byPhase(grid[1])) {
        for (const [phaseX, tapsX] of byPhase(grid[2])) {
          transposeInputs(heap, x, lines, positions, slack, geometry, grid, [z, y, phaseX]);
          const lefts = tapsZ.flatMap((a) =>
            tapsY.flatMap((b) =>
              tapsX.map((c) => ({
                left: lines + offsetOf(a.shift, b.shift, c.shift) * bytes,
                output: dw + ((a.tap * axes[1].taps + b.tap) * axes[2].taps + c.tap) * inputChannels * outputChannels * bytes,
              })),
            ),
          );
          heap.multiplyAll(lefts, spread, inputChannels, positions, outputChannels);
        }
      }
    }
  });
}

type Grid = [GridAxis, GridAxis, GridAxis];

/** The taps of an axis grouped by phase, shifts counted from the lowest. */
function byPhase(grid: GridAxis): [phase: number, taps: { tap: number; shift: number }[]][] {
  const groups = new Map<number, { tap: number; shift: number }[]>();
  for (const [tap, { phase, shift }] of grid.taps.entries()) {
    const group = groups.get(phase) ?? [];
    group.push({ tap, shift: shift - grid.low });
    groups.set(phase, group);
  }
  return [...groups];
}

function spreadOutputs(heap: Heap, dy: number, spread: number, { batch, outputChannels, axes }: Geometry, grid: Grid): void {
  const [depth, height, width] = axes;
  const row = width.output * outputChannels;
  const from = heap.floats(dy, batch * depth.output * height.output * row);
  const to = heap.floats(spread, batch * grid[0].size * grid[1].size * grid[2].size * outputChannels).fill(0);
  let next = 0;
  for (let n = 0; n < batch; n++) {
    for (let z = 0; z < depth.output; z++) {
      for (let y = 0; y < height.output; y++, next += row) {
        to.set(from.subarray(next, next + row), ((n * grid[0].size + z) * grid[1].size + y) * grid[2].size * outputChannels);
      }
    }
  }
}

/** Writes x at the inputs (g + low)·stride + phase of the grid, zero outside the volume, one line of all positions for each channel. */
function transposeInputs(
  heap: Heap,
  x: number,
  lines: number,
  positions: number,
  slack: number,
  { batch, inputChannels, axes }: Geometry,
  grid: Grid,
  phases: [number, number, number],
): void {
  const [depth, height, width] = axes;
  const from = heap.floats(x, batch * depth.input * height.input * width.input * inputChannels);
  const to = heap.floats(lines, positions * inputChannels + slack).fill(0);
  const inputAt = (a: 0 | 1 | 2, g: number): number => (g + grid[a].low) * axes[a].stride + phases[a];
  const lowX = Math.max(0, Math.ceil(-phases[2] / width.stride) - grid[2].low);
  const highX = Math.min(grid[2].size - 1, Math.floor((width.input - 1 - phases[2]) / width.stride) - grid[2].low);
  const gap = width.stride * inputChannels;
  for (let n = 0; n < batch; n++) {
    for (let z = 0; z < grid[0].size; z++) {
      const atZ = inputAt(0, z);
      if (atZ < 0 || atZ >= depth.input) continue;
      for (let y = 0; y < grid[1].size; y++) {
        const atY = inputAt(1, y);
        if (atY < 0 || atY >= height.input) continue;
        const source = (((n * depth.input + atZ) * height.input + atY) * width.input + inputAt(2, lowX)) * inputChannels;
        const target = ((n * grid[0].size + z) * grid[1].size + y) * grid[2].size;
        for (let channel = 0; channel < inputChannels; channel++) {
          let at = source + channel;
          const line = target + channel * positions;
          for (let g = lowX; g <= highX; g++, at += gap) to[line + g] = from[at]!;
        }
      }
    }
  }
}
