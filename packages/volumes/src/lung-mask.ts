import { type Components, connectedComponents } from "./components.js";
import { boundingBox, cropVolume } from "./crop.js";
import { dilate } from "./morphology.js";
import { type Region, type Triple, type Volume, voxelCount } from "./volume.js";

/** How lungs are told from the rest. */
export interface LungMaskOptions {
  /** Below this a voxel is air or lung; -320 HU unless told, half way between lung and soft tissue. */
  thresholdHu?: number;
  /** The radius of the ball that closes what it does not fit into: vessels, fissures, nodules at the pleura; 8 mm unless told, 0 for none. */
  closingMm?: number;
}

/** Darker than lungs are, apart from emphysema: air outside of the body, in the bowel or the stomach. */
const pureAirHu = -950;

/**
 * The lungs of a chest CT in Hounsfield units: 1 inside, 0 outside, on the same lattice.
 *
 * Voxels below a threshold fall into connected components (He et al., IEEE TIP 2008, by runs). Those that are mostly pure air, that touch
 * the sides of the scan and are partly pure air, or that are small, are no lungs; a lung that the scan cuts is kept. Then the mask is closed
 * by a ball, so that vessels and nodules at the pleura are inside, and holes are filled. Airways count as lung.
 *
 * NaN counts as outside. A volume without lungs gives an empty mask. Throws a RangeError for options that are no finite numbers or a negative radius.
 *
 * @example
 * ```ts
 * import { createVolume, lungMask } from "@gleaner/volumes";
 *
 * // A body of water with a lung and a vessel in it.
 * const data = new Int16Array(20 ** 3);
 * for (let z = 5; z < 15; z++) for (let y = 5; y < 15; y++) data.fill(-850, (z * 20 + y) * 20 + 5, (z * 20 + y) * 20 + 15);
 * data.fill(50, (10 * 20 + 10) * 20 + 9, (10 * 20 + 10) * 20 + 11);
 * const mask = lungMask(createVolume({ data, shape: [20, 20, 20], spacingMm: [3, 3, 3] }));
 * mask.data.reduce((sum, value) => sum + value, 0); // => 1000
 * ```
 */
export function lungMask(volume: Volume, { thresholdHu = -320, closingMm = 8 }: LungMaskOptions = {}): Volume<Uint8Array> {
  if (!Number.isFinite(thresholdHu)) throw new RangeError(`lungMask: thresholdHu is ${thresholdHu}, expected a finite number`);
  if (!(Number.isFinite(closingMm) && closingMm >= 0))
    throw new RangeError(`lungMask: closingMm is ${closingMm}, expected a finite number, 0 or more`);
  const dark = new Uint8Array(voxelCount(volume.shape));
  for (let i = 0; i < dark.length; i++) if (volume.data[i]! < thresholdHu) dark[i] = 1;
  const components = connectedComponents(dark, volume.shape, 1);
  const lungs = chooseLungs(volume, components);
  dark.fill(0);
  for (let run = 0; run < components.runs; run++) {
    if (lungs[components.labels[run]!]) dark.fill(1, components.starts[run]!, components.ends[run]!);
  }
  const mask: Volume<Uint8Array> = { ...volume, data: dark };
  const box = boundingBox(mask);
  if (!box) return mask;
  // The closing stays within the mask's box, except that its ball needs room to roll.
  const room = volume.spacingMm.map((spacing) => Math.ceil(closingMm / spacing) + 1);
  const start = box.start.map((s, axis) => s - room[axis]!) as Triple;
  const shape = box.shape.map((n, axis) => n + 2 * room[axis]!) as Triple;
  const part = cropContinued(mask, { start, shape });
  if (closingMm > 0) {
    const dilated = dilate(part.data, part.shape, part.spacingMm, closingMm);
    const outside = dilate(dilated, part.shape, part.spacingMm, closingMm, 0);
    for (let i = 0; i < part.data.length; i++) if (outside[i] === 0) part.data[i] = 1;
  }
  fillHoles(part);
  paste(part, start, mask);
  return mask;
}

interface Component {
  voxels: number;
  /** Voxels on the sides of the scan; its first and last slices do not count, because every trachea touches those. */
  atSides: number;
  /** Inner voxels that were looked at, and how many of them are pure air. */
  inner: number;
  pureAir: number;
}

function chooseLungs(volume: Volume, components: Components): boolean[] {
  const stats = measure(volume, components);
  const voxelMl = (volume.spacingMm[0] * volume.spacingMm[1] * volume.spacingMm[2]) / 1000;
  const candidates = stats.map(({ voxels, atSides, inner, pureAir }) => {
    const air = inner === 0 ? 1 : pureAir / inner;
    if (air > 0.5) return false;
    if (atSides > 0.02 * voxels) return air <= 0.2;
    // Gas in the bowel is partly blurred by its walls; lungs with as much pure air are emphysematous and large.
    return air <= 0.25 || voxels * voxelMl > 1000;
  });
  const largest = stats.reduce((most, { voxels }, i) => (candidates[i] ? Math.max(most, voxels) : most), 0);
  return stats.map(({ voxels, atSides }, i) => {
    const least = atSides > 0.02 * voxels ? 0.1 * largest : Math.min(largest, Math.max(0.02 * largest, 10 / voxelMl));
    return candidates[i]! && voxels >= least;
  });
}

function measure({ data, shape }: Volume, { runs, starts, ends, labels, count }: Components): Component[] {
  const [depth, height, width] = shape;
  const stats: Component[] = Array.from({ length: count }, () => ({ voxels: 0, atSides: 0, inner: 0, pureAir: 0 }));
  const slice = height * width;
  for (let run = 0; run < runs; run++) {
    const component = stats[labels[run]!]!;
    const start = starts[run]!;
    const end = ends[run]!;
    component.voxels += end - start;
    const row = Math.floor(start / width);
    const y = row % height;
    const z = Math.floor(row / height);
    if (y === 0 || y === height - 1) component.atSides += end - start;
    else component.atSides += (start % width === 0 ? 1 : 0) + (end % width === 0 ? 1 : 0);
    if (y === 0 || y === height - 1 || z === 0 || z === depth - 1) continue;
    // The mean over a voxel and its neighbors, so that noise does not make air of lung.
    for (let i = Math.max(start, row * width + 1); i < Math.min(end, row * width + width - 1); i++) {
      const sum = data[i]! + data[i - 1]! + data[i + 1]! + data[i - width]! + data[i + width]! + data[i - slice]! + data[i + slice]!;
      component.inner++;
      if (sum < 7 * pureAirHu) component.pureAir++;
    }
  }
  return stats;
}

/** Cuts out a region; beyond the volume's border its outer voxels go on, so that a lung that the scan cuts is not seen to end there. */
function cropContinued(mask: Volume<Uint8Array>, { start, shape }: Region): Volume<Uint8Array> {
  const crop = cropVolume(mask, { start, shape });
  const [depth, height, width] = mask.shape;
  const clamp = (value: number, size: number): number => Math.max(0, Math.min(size - 1, value));
  for (let z = 0, to = 0; z < shape[0]; z++) {
    for (let y = 0; y < shape[1]; y++, to += shape[2]) {
      const row = (clamp(z + start[0], depth) * height + clamp(y + start[1], height)) * width;
      for (let x = 0; x < shape[2]; x++) crop.data[to + x] = mask.data[row + clamp(x + start[2], width)]!;
    }
  }
  return crop;
}

/** Fills what the mask encloses: components of the rest that do not reach the border. */
function fillHoles({ data, shape }: Volume<Uint8Array>): void {
  const [depth, height, width] = shape;
  const { runs, starts, ends, labels, count } = connectedComponents(data, shape, 0);
  const open = new Uint8Array(count);
  for (let run = 0; run < runs; run++) {
    const row = Math.floor(starts[run]! / width);
    const y = row % height;
    const z = Math.floor(row / height);
    const atBorder = y === 0 || y === height - 1 || z === 0 || z === depth - 1 || starts[run]! % width === 0 || ends[run]! % width === 0;
    if (atBorder) open[labels[run]!] = 1;
  }
  for (let run = 0; run < runs; run++) if (!open[labels[run]!]) data.fill(1, starts[run]!, ends[run]!);
}

/** Puts back what was cut out, as far as it lies in the volume. */
function paste(part: Volume<Uint8Array>, start: Triple, into: Volume<Uint8Array>): void {
  const back = cropVolume(part, { start: start.map((s) => -s) as Triple, shape: into.shape });
  into.data.set(back.data);
}
