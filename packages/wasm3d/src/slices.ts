import type { Axis, Geometry } from "./geometry.js";
import type { Heap } from "./heap.js";

/** A volume as the taps of a correlation read it: slices with zeros around them, where the reads leave the volume. */
export interface Slices {
  /** Where the first tap reads for the first output of the slice at depth `z` of sample `n`. Valid until as many other slices were asked for as there are taps. */
  at(n: number, z: number): number;
  /** Floats from a row to the next. */
  row: number;
}

const reachOf = (axis: Axis): number => (axis.output - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1;

/** The depth taps that read inside the volume for output `z`: the first, and the one behind the last. */
export function depthRange(depth: Axis, z: number): [from: number, to: number] {
  const first = z * depth.stride - depth.pad;
  const from = Math.max(0, Math.ceil(-first / depth.dilation));
  const to = Math.min(depth.taps, Math.floor((depth.input - 1 - first) / depth.dilation) + 1);
  return [from, Math.max(from, to)];
}

/**
 * The slices of the volume at `input`. Where no read leaves it they are its own. Otherwise as many as the depth taps span are copied into a ring,
 * whose margins are cleared once: they stay in the processor's cache, and memory does not grow with the depth.
 */
export function createSlices(
  heap: Heap,
  allocate: (count: number) => number,
  input: number,
  { batch, inputChannels, axes }: Geometry,
): Slices {
  const [depth, height, width] = axes;
  const bytes = 4;
  const [reachY, reachX] = [reachOf(height), reachOf(width)];
  const isInside = [height, width].every((axis) => axis.pad <= 0 && reachOf(axis) - axis.pad <= axis.input);
  const inputRow = width.input * inputChannels;
  if (isInside) {
    const corner = -height.pad * inputRow - width.pad * inputChannels;
    return { at: (n, z) => input + ((n * depth.input + z) * height.input * inputRow + corner) * bytes, row: inputRow };
  }
  const slots = Math.min(depth.input, (depth.taps - 1) * depth.dilation + 1);
  const row = reachX * inputChannels;
  const slice = reachY * row;
  const ring = allocate(slots * slice);
  heap.floats(ring, slots * slice).fill(0);
  const held = new Array<number>(slots).fill(-1);
  const [lowY, highY] = [Math.max(0, -height.pad), Math.min(height.input, reachY - height.pad)];
  const [lowX, highX] = [Math.max(0, -width.pad), Math.min(width.input, reachX - width.pad)];
  const length = (highX - lowX) * inputChannels;
  return {
    row,
    at(n, z) {
      const slot = z % slots;
      const index = n * depth.input + z;
      if (held[slot] !== index && length > 0) {
        // The whole heap as one view: rows are moved inside it.
        const floats = heap.floats(
          0,
          Math.max(input + batch * depth.input * height.input * inputRow * bytes, ring + slots * slice * bytes) / bytes,
        );
        let from = input / bytes + (index * height.input + lowY) * inputRow + lowX * inputChannels;
        let to = ring / bytes + slot * slice + (lowY + height.pad) * row + (lowX + width.pad) * inputChannels;
        for (let y = lowY; y < highY; y++, from += inputRow, to += row) floats.copyWithin(to, from, from + length);
      }
      held[slot] = index;
      return ring + slot * slice * bytes;
    },
  };
}
