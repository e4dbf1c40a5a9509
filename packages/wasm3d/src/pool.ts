import type { Geometry } from "./geometry.js";

/** One pooling window inside the volume: positions [low, high) of each axis, of one sample, and the index of its output position. */
interface PoolWindow {
  sample: number;
  low: [number, number, number];
  high: [number, number, number];
  output: number;
}

/** Calls `visit` for each output position; the same object each time. Padding belongs to no window. */
function eachWindow({ batch, axes }: Geometry, visit: (window: PoolWindow) => void): void {
  const window: PoolWindow = { sample: 0, low: [0, 0, 0], high: [0, 0, 0], output: 0 };
  const place = (axis: 0 | 1 | 2, output: number): void => {
    const { stride, pad, taps, input } = axes[axis];
    const start = output * stride - pad;
    window.low[axis] = Math.max(0, start);
    window.high[axis] = Math.min(input, start + taps);
  };
  for (window.sample = 0; window.sample < batch; window.sample++) {
    for (let z = 0; z < axes[0].output; z++) {
      place(0, z);
      for (let y = 0; y < axes[1].output; y++) {
        place(1, y);
        for (let x = 0; x < axes[2].output; x++, window.output++) {
          place(2, x);
          visit(window);
        }
      }
    }
  }
}

/** Calls `visit` with the index of the first channel of each voxel of a window. */
function eachVoxel({ axes, inputChannels }: Geometry, { sample, low, high }: PoolWindow, visit: (voxel: number) => void): void {
  for (let z = low[0]; z < high[0]; z++) {
    for (let y = low[1]; y < high[1]; y++) {
      const line = ((sample * axes[0].input + z) * axes[1].input + y) * axes[2].input;
      for (let x = low[2]; x < high[2]; x++) visit((line + x) * inputChannels);
    }
  }
}

const voxelsOf = ({ low, high }: PoolWindow): number =>
  Math.max(0, high[0] - low[0]) * Math.max(0, high[1] - low[1]) * Math.max(0, high[2] - low[2]);

type Values = Float32Array | Int32Array | Uint8Array;

/** The largest value of each window; NaN if it holds one. */
export function maxPool(x: Values, y: Values, geometry: Geometry): void {
  const channels = geometry.inputChannels;
  const lowest = y instanceof Int32Array ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
  eachWindow(geometry, (window) => {
    const target = window.output * channels;
    y.fill(lowest, target, target + channels);
    eachVoxel(geometry, window, (voxel) => {
      for (let c = 0; c < channels; c++) {
        const value = x[voxel + c]!;
        if (value > y[target + c]! || Number.isNaN(value)) y[target + c] = value;
      }
    });
  });
}

/** The gradient goes to the first of the largest values of a window, in C order. */
export function maxPoolGradient(x: Values, dy: Values, dx: Values, geometry: Geometry): void {
  const channels = geometry.inputChannels;
  const best = new Float64Array(channels);
  const where = new Float64Array(channels);
  dx.fill(0);
  eachWindow(geometry, (window) => {
    if (voxelsOf(window) === 0) return;
    best.fill(Number.NEGATIVE_INFINITY);
    where.fill(-1);
    eachVoxel(geometry, window, (voxel) => {
      for (let c = 0; c < channels; c++) {
        const value = x[voxel + c]!;
        if (value > best[c]! || where[c] === -1 || Number.isNaN(value)) {
          best[c] = value;
          where[c] = voxel + c;
        }
      }
    });
    for (let c = 0; c < channels; c++) dx[where[c]!]! += dy[window.output * channels + c]!;
  });
}

/** The mean of each window over the voxels that are no padding, as in TensorFlow. */
export function avgPool(x: Values, y: Values, geometry: Geometry): void {
  const channels = geometry.inputChannels;
  const sums = new Float64Array(channels);
  eachWindow(geometry, (window) => {
    sums.fill(0);
    eachVoxel(geometry, window, (voxel) => {
      for (let c = 0; c < channels; c++) sums[c]! += x[voxel + c]!;
    });
    const count = voxelsOf(window);
    for (let c = 0; c < channels; c++) y[window.output * channels + c] = count === 0 ? 0 : sums[c]! / count;
  });
}

/** Each voxel of a window gets an equal part of its gradient. */
export function avgPoolGradient(dy: Values, dx: Values, geometry: Geometry): void {
  const channels = geometry.inputChannels;
  dx.fill(0);
  eachWindow(geometry, (window) => {
    const part = 1 / voxelsOf(window);
    const source = window.output * channels;
    eachVoxel(geometry, window, (voxel) => {
      for (let c = 0; c < channels; c++) dx[voxel + c]! += dy[source + c]! * part;
    });
  });
}
