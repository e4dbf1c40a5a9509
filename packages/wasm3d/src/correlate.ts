import type { Axis, Geometry } from "./geometry.js";
import type { Convolution2d, Heap } from "./heap.js";
import { correlateByTiles, fitsTiles } from "./tiled-correlate.js";

/** The part of one axis that the 2D convolution has to see, so that with its pads it gives exactly `axis.output` values. */
interface Window {
  first: number;
  size: number;
  before: number;
  after: number;
}

function windowOf(axis: Axis): Window {
  const span = (axis.output - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1;
  const first = Math.max(0, -axis.pad);
  const before = Math.max(0, axis.pad);
  // A remainder shorter than a stride may stay at the end: XNNPACK rounds down. More would give more outputs, so it is cut off.
  const rest = axis.input - first + before - span;
  const size = rest >= axis.stride ? span - before : axis.input - first;
  return { first, size, before, after: Math.max(0, span - size - before) };
}

/** A depth tap and the outputs [low, low + count) for which it reads inside the volume: depth o·stride + offset. */
interface DepthTap {
  tap: number;
  offset: number;
  low: number;
  count: number;
}

function depthTaps(depth: Axis): DepthTap[] {
  const taps: DepthTap[] = [];
  for (let tap = 0; tap < depth.taps; tap++) {
    const offset = tap * depth.dilation - depth.pad;
    const low = Math.max(0, Math.ceil(-offset / depth.stride));
    const high = Math.min(depth.output - 1, Math.floor((depth.input - 1 - offset) / depth.stride));
    if (high >= low) taps.push({ tap, offset, low, count: high - low + 1 });
  }
  return taps;
}

/**
 * Correlates a volume with a filter [depth, height, width, in, out] as a sum over the depth taps of 2D convolutions of all slices at once.
 * Pads may be negative (the window then starts inside the volume) and outputs as few as wanted. `output` is overwritten.
 */
export function correlate(heap: Heap, input: number, filter: number, output: number, geometry: Geometry): void {
  const { batch, inputChannels, outputChannels, axes } = geometry;
  const [depth, height, width] = axes;
  const rows = windowOf(height);
  const columns = windowOf(width);
  const inputSlice = height.input * width.input * inputChannels;
  const windowSlice = rows.size * columns.size * inputChannels;
  const outputSlice = height.output * width.output * outputChannels;
  const outputCount = batch * depth.output * outputSlice;
  if (outputCount === 0) return;
  if (heap.tiles && fitsTiles(outputChannels)) {
    correlateByTiles(heap, heap.tiles, input, filter, output, geometry);
    return;
  }
  const taps = rows.size > 0 && columns.size > 0 ? depthTaps(depth) : [];
  // A tap that reaches every output writes it, so that nothing has to be cleared first; the others are added.
  const first = taps.find((t) => t.count === depth.output);
  if (!first) heap.floats(output, outputCount).fill(0);
  const isCut = rows.size < height.input || columns.size < width.input;
  const call = (images: number): Convolution2d => ({
    images,
    height: rows.size,
    width: columns.size,
    inputChannels,
    outputChannels,
    taps: [height.taps, width.taps],
    strides: [height.stride, width.stride],
    dilations: [height.dilation, width.dilation],
    pads: [rows.before, columns.after, rows.after, columns.before],
  });
  const bytes = 4;

  heap.withScratch((allocate) => {
    const product = taps.length > 1 || !first ? allocate(outputCount) : 0;
    const mustGather = isCut || depth.stride > 1;
    const gathered = mustGather ? allocate(batch * Math.max(0, ...taps.map((t) => t.count)) * windowSlice) : 0;

    /** Copies what one tap reads of every sample, without the cut margins, one slice after the other. */
    const gather = ({ offset, low, count }: DepthTap): void => {
      const source = heap.floats(input, batch * depth.input * inputSlice);
      const target = heap.floats(gathered, batch * count * windowSlice);
      const line = columns.size * inputChannels;
      let to = 0;
      for (let n = 0; n < batch; n++) {
        for (let o = low; o < low + count; o++) {
          const slice = (n * depth.input + o * depth.stride + offset) * inputSlice;
          if (!isCut) {
            target.set(source.subarray(slice, slice + inputSlice), to);
            to += inputSlice;
            continue;
          }
          for (let y = rows.first; y < rows.first + rows.size; y++, to += line) {
            const from = slice + (y * width.input + columns.first) * inputChannels;
            target.set(source.subarray(from, from + line), to);
          }
        }
      }
    };

    const apply = (t: DepthTap, isFirst: boolean): void => {
      const tapFilter = filter + t.tap * height.taps * width.taps * inputChannels * outputChannels * bytes;
      const reachesAll = t.count === depth.output;
      const convolve = (source: number, images: number, target: number): void => {
        heap.convolve2d(source, tapFilter, isFirst ? target : product, call(images));
        if (!isFirst) heap.add(target, product, target, images * outputSlice);
      };
      const outputOf = (sample: number): number => output + (sample * depth.output + t.low) * outputSlice * bytes;
      if (mustGather) gather(t);
      // Samples follow each other without a gap when every slice of them is read and written: then one call does the batch.
      if (reachesAll && (mustGather || t.count === depth.input)) {
        convolve(mustGather ? gathered : input, batch * t.count, output);
        return;
      }
      if (mustGather) {
        heap.convolve2d(gathered, tapFilter, product, call(batch * t.count));
        for (let n = 0; n < batch; n++)
          heap.add(outputOf(n), product + n * t.count * outputSlice * bytes, outputOf(n), t.count * outputSlice);
        return;
      }
      for (let n = 0; n < batch; n++) convolve(input + (n * depth.input + t.low + t.offset) * inputSlice * bytes, t.count, outputOf(n));
    };

    if (first) apply(first, true);
    for (const t of taps) if (t !== first) apply(t, false);
  });
}
