import { boundingBox, cropVolume, lungMask, orientVolume, type Region, resampleVolume, type Volume } from "@gleaner/volumes";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";

export type Preprocessing = Config["preprocessing"];

/** A scan as the network's grid sees it: axes along LPS, resampled, cropped to the lungs; still in Hounsfield units with world coordinates. */
export interface PreparedVolume {
  volume: Volume<Int16Array> | Volume<Float32Array>;
  /** 1 inside the lungs; absent where no mask was asked for. */
  lungs?: Volume<Uint8Array>;
}

export const spacingOf = ({ spacingMm }: Pick<Preprocessing, "spacingMm">): [number, number, number] =>
  typeof spacingMm === "number" ? [spacingMm, spacingMm, spacingMm] : spacingMm;

// A scan of a meter in each direction at 1 mm; a finer spacing by mistake would fill the memory.
const maxVoxels = 1e9;
const airHu = -1000;

/** Prepares the volume of one scan; `path` is what error sentences call it. */
export function prepareVolume(source: Volume, settings: Preprocessing, path: string): PreparedVolume {
  const volume = resampled(source, settings, path);
  return settings.lungMask ? croppedToLungs(volume, settings.marginMm) : { volume };
}

function resampled(source: Volume, settings: Preprocessing, path: string): PreparedVolume["volume"] {
  const oriented = orientVolume(source);
  const spacingMm = spacingOf(settings);
  const shape = oriented.shape.map((n, axis) => Math.round((n * oriented.spacingMm[axis]!) / spacingMm[axis]!));
  if (shape[0]! * shape[1]! * shape[2]! > maxVoxels) {
    throw inputError(
      `${path}: preprocessing.spacingMm of ${spacingMm.join(", ")} makes ${shape.join(" x ")} voxels of it; expected at most ${maxVoxels}`,
    );
  }
  const { data, ...geometry } = resampleVolume(oriented, { spacingMm });
  // Files of floats have NaN where the scanner saw nothing.
  const known = (value: number): number => (Number.isNaN(value) ? airHu : value);
  if (!isWhole(source)) return { ...geometry, data: Float32Array.from(data, known) };
  return { ...geometry, data: Int16Array.from(data, (value) => Math.max(-32768, Math.min(32767, Math.round(known(value))))) };
}

/** Whether a scan was stored in whole Hounsfield units, of which floats are no better record. */
const isWhole = ({ data }: Volume): boolean =>
  !(data instanceof Float32Array || data instanceof Float64Array) || data.every((value) => Number.isInteger(value) || Number.isNaN(value));

/** The box around the lungs with a margin; a scan in which no lungs are found (a block of lung, a failed mask) is kept whole. */
function croppedToLungs(volume: PreparedVolume["volume"], marginMm: number): PreparedVolume {
  const mask = lungMask(volume as Volume);
  const box = boundingBox(mask);
  if (!box) return { volume, lungs: { ...mask, data: new Uint8Array(mask.data.length).fill(1) } };
  const [start, end] = [[], []] as [number[], number[]];
  for (const [axis, spacing] of volume.spacingMm.entries()) {
    const margin = Math.round(marginMm / spacing);
    start.push(Math.max(0, box.start[axis]! - margin));
    end.push(Math.min(volume.shape[axis]!, box.start[axis]! + box.shape[axis]! + margin));
  }
  const region = { start, shape: end.map((e, axis) => e - start[axis]!) } as unknown as Region;
  return { volume: cropVolume(volume as Volume, region) as PreparedVolume["volume"], lungs: cropVolume(mask, region) };
}
