import type { Volume } from "./volume.js";

/**
 * Hounsfield units mapped to 0..1: (value − low) / (high − low), clipped. The lung window of LUNA16's detectors is −1200 to 600.
 *
 * NaN becomes 0. Throws a RangeError unless low and high are finite and low < high.
 *
 * @example
 * ```ts
 * import { createVolume, windowHu } from "@gleaner/volumes";
 *
 * const volume = createVolume({ data: Int16Array.of(-2000, -1200, -300, 600, 3000), shape: [1, 1, 5] });
 * windowHu(volume, { low: -1200, high: 600 }).data; // => [0, 0, 0.5, 1, 1]
 * ```
 */
export function windowHu(volume: Volume, { low, high }: { low: number; high: number }): Volume<Float32Array> {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError(`windowHu: low is ${low} and high is ${high}, expected finite numbers, low < high`);
  const data = new Float32Array(volume.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = (volume.data[i]! - low) / (high - low);
    data[i] = value > 0 ? Math.min(1, value) : 0;
  }
  return { ...volume, data };
}
