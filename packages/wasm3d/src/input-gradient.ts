import { correlate } from "./correlate.js";
import type { Axis, Geometry } from "./geometry.js";
import type { Heap } from "./heap.js";

/**
 * The inputs at positions phase, phase + stride, … of one axis, and what reaches them: input phase + i·stride gets dy at i + first + j·step through
 * the filter's tap `taps[j]`. The taps run backwards, since the input gradient is the correlation of dy with the flipped filter.
 */
interface Phase {
  phase: number;
  count: number;
  taps: number[];
  first: number;
  step: number;
}

function phasesOf(axis: Axis): Phase[] {
  const phases: Phase[] = [];
  for (let phase = 0; phase < Math.min(axis.stride, axis.input); phase++) {
    // o·stride = phase + pad − tap·dilation (mod stride): the taps that meet this phase.
    const taps: number[] = [];
    for (let tap = axis.taps - 1; tap >= 0; tap--) if ((phase + axis.pad - tap * axis.dilation) % axis.stride === 0) taps.push(tap);
    const reads = taps.map((tap) => (phase + axis.pad - tap * axis.dilation) / axis.stride);
    phases.push({
      phase,
      count: Math.ceil((axis.input - phase) / axis.stride),
      taps,
      first: reads[0] ?? 0,
      step: reads.length > 1 ? reads[1]! - reads[0]! : 1,
    });
  }
  return phases;
}

const phaseAxis = (axis: Axis, phase: Phase): Axis => ({
  input: axis.output,
  output: phase.count,
  taps: phase.taps.length,
  stride: 1,
  dilation: phase.step,
  pad: -phase.first,
});

/** The gradient by the input: for each phase of the strides one correlation of stride 1, the results interleaved. `dx` is overwritten. */
export function inputGradient(heap: Heap, dy: number, filter: number, dx: number, geometry: Geometry): void {
  const { batch, inputChannels, outputChannels, axes } = geometry;
  const [depth, height, width] = axes;
  const isOnePhase = axes.every((axis) => axis.stride === 1);
  for (const z of phasesOf(depth)) {
    for (const y of phasesOf(height)) {
      for (const x of phasesOf(width)) {
        heap.withScratch((allocate) => {
          const count = batch * z.count * y.count * x.count * inputChannels;
          const part = isOnePhase ? dx : allocate(count);
          if (z.taps.length * y.taps.length * x.taps.length === 0) heap.floats(part, count).fill(0);
          else {
            const flipped = allocate(z.taps.length * y.taps.length * x.taps.length * inputChannels * outputChannels);
            flipFilter(heap, filter, flipped, geometry, [z, y, x]);
            correlate(heap, dy, flipped, part, {
              batch,
              inputChannels: outputChannels,
              outputChannels: inputChannels,
              axes: [phaseAxis(depth, z), phaseAxis(height, y), phaseAxis(width, x)],
            });
          }
          if (!isOnePhase) interleave(heap, part, dx, geometry, [z, y, x]);
        });
      }
    }
  }
}

/** Takes the taps of one phase and swaps the channels: [taps, in, out] → [taps of the phase, out, in]. */
function flipFilter(
  heap: Heap,
  filter: number,
  flipped: number,
  { inputChannels, outputChannels, axes }: Geometry,
  [z, y, x]: [Phase, Phase, Phase],
): void {
  const size = inputChannels * outputChannels;
  const from = heap.floats(filter, axes[0].taps * axes[1].taps * axes[2].taps * size);
  const to = heap.floats(flipped, z.taps.length * y.taps.length * x.taps.length * size);
  let next = 0;
  for (const tapZ of z.taps) {
    for (const tapY of y.taps) {
      for (const tapX of x.taps) {
        const base = ((tapZ * axes[1].taps + tapY) * axes[2].taps + tapX) * size;
        for (let o = 0; o < outputChannels; o++) for (let i = 0; i < inputChannels; i++) to[next++] = from[base + i * outputChannels + o]!;
      }
    }
  }
}

function interleave(
  heap: Heap,
  part: number,
  dx: number,
  { batch, inputChannels, axes }: Geometry,
  [z, y, x]: [Phase, Phase, Phase],
): void {
  const [depth, height, width] = axes;
  const from = heap.floats(part, batch * z.count * y.count * x.count * inputChannels);
  const to = heap.floats(dx, batch * depth.input * height.input * width.input * inputChannels);
  const gap = width.stride * inputChannels;
  let next = 0;
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < z.count; i++) {
      for (let j = 0; j < y.count; j++) {
        const line = (n * depth.input + z.phase + i * depth.stride) * height.input + y.phase + j * height.stride;
        let at = (line * width.input + x.phase) * inputChannels;
        for (let k = 0; k < x.count; k++, at += gap) for (let c = 0; c < inputChannels; c++) to[at + c] = from[next++]!;
      }
    }
  }
}
