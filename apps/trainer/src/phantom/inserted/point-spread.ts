import type { Volume } from "@gleaner/volumes";
import type { Triple } from "../canvas.js";

type Axis = 0 | 1 | 2;

/** Fewer edges than this say nothing; then a voxel's own width is all that is known. */
const fewestEdges = 40;
const reachMm = 8;
/** An edge is measured between these shares of its step, which in a Gaussian's integral are so many sigma apart. */
const tail = 0.2;
const tailWidth = 1.683;

/**
 * The Gaussian sigma of a scan's point spread in mm along z, y, x, from the edges between lung and soft tissue; y and x share one value.
 *
 * Along each axis, profiles are taken where the mask of the lungs ends and the surface stands across the axis. Of a step blurred by a Gaussian
 * the places of 20 % and 80 % are 1.683 sigma apart. The value is the 40th percentile over the edges, as fat and oblique surfaces widen some
 * and noise spreads them. Falls back to 0.6 of the voxel where there are fewer than 40 edges.
 */
export function estimatePointSpread(volume: Volume, lungs: Volume<Uint8Array>): Triple {
  const along = edgeWidths(volume, lungs, 0);
  const across = [...edgeWidths(volume, lungs, 1), ...edgeWidths(volume, lungs, 2)];
  const pick = (widths: number[], spacing: number): number => {
    if (widths.length < fewestEdges) return 0.6 * spacing;
    widths.sort((a, b) => a - b);
    return Math.max(0.3 * spacing, widths[Math.floor(0.4 * widths.length)]!);
  };
  const [dz, dy, dx] = volume.spacingMm;
  const inPlane = pick(across, Math.max(dy, dx));
  return [pick(along, dz), inPlane, inPlane];
}

function edgeWidths({ data, shape, spacingMm }: Volume, lungs: Volume<Uint8Array>, axis: Axis): number[] {
  const [nz, ny, nx] = shape;
  const strides: Triple = [ny * nx, nx, 1];
  const step = strides[axis];
  const h = spacingMm[axis];
  const half = Math.max(3, Math.ceil(reachMm / h));
  const widths: number[] = [];
  const profile = new Float64Array(2 * half);
  for (let z = 1; z < nz - 1; z++) {
    for (let y = 1; y < ny - 1; y++) {
      for (let x = 1; x < nx - 1; x++) {
        const at = [z, y, x][axis]!;
        if (at < half || at + half >= shape[axis]) continue;
        const i = (z * ny + y) * nx + x;
        const inside = lungs.data[i]!;
        if (inside === lungs.data[i + step]) continue;
        // From the lung outward, whichever way that is.
        const toWall = inside ? step : -step;
        const first = (inside ? i : i + step) - (half - 1) * toWall;
        for (let k = 0; k < profile.length; k++) profile[k] = data[first + k * toWall]!;
        if (standsAcross(data, strides, axis, i)) {
          const variance = edgeVariance(profile);
          if (variance > 0) widths.push(h * Math.sqrt(variance));
        }
      }
    }
  }
  return widths;
}

/** Whether the surface at a voxel is across an axis: hardly any slope along the other two. */
function standsAcross(data: Volume["data"], strides: Triple, axis: Axis, i: number): boolean {
  const slope = (stride: number): number => Math.abs(data[i + stride]! - data[i - stride]!);
  return strides.every((stride, other) => other === axis || slope(stride) < 0.3 * slope(strides[axis]));
}

/** Variance, in voxels², of the Gaussian that blurs the step of a profile that starts in lung; 0 where the profile is no clean step to soft tissue. */
function edgeVariance(profile: Float64Array): number {
  const n = profile.length;
  const low = (profile[0]! + profile[1]! + profile[2]!) / 3;
  const high = (profile[n - 1]! + profile[n - 2]! + profile[n - 3]!) / 3;
  if (low > -650 || high < -80 || high > 150) return 0;
  const crossing = (share: number): number => {
    const level = low + share * (high - low);
    const k = profile.findIndex((value) => value > level);
    return k > 0 ? k - (profile[k]! - level) / (profile[k]! - profile[k - 1]!) : Number.NaN;
  };
  const width = (crossing(1 - tail) - crossing(tail)) / tailWidth;
  // Straight lines between samples blur once more, on average over where the edge lies by a triangle of variance 1/6.
  return width > 0 ? width * width - 1 / 6 : 0;
}
