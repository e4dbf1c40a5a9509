import type { Volume } from "@gleaner/volumes";
import { structureUnderNoise } from "./noise.js";
import type { Rendered } from "./render.js";
import type { NoduleShape } from "./types.js";

/** Coverage below this changes no whole HU that anyone could see. */
const leastCoverage = 0.002;
const fadeHu = 80;

/**
 * Adds the contrast of a nodule to a block: v + C d (t − s) for coverage C, density d, tissue t and the structure s under the noise of v.
 *
 * The noise v − s stays where it is, and tissue that is denser than the nodule, as a vessel in ground glass or the chest wall, is not made darker.
 */
export function addNodule(volume: Volume<Int16Array>, { layers }: NoduleShape, { region, coverages }: Rendered, noiseHu: number): void {
  const { data, shape, spacingMm } = volume;
  const structure = structureUnderNoise(volume, region, noiseHu);
  const [nz, ny, nx] = region.shape;
  let o = 0;
  for (let z = region.start[0]; z < region.start[0] + nz; z++) {
    for (let y = region.start[1]; y < region.start[1] + ny; y++) {
      for (let x = region.start[2]; x < region.start[2] + nx; x++, o++) {
        let added = 0;
        for (const [k, layer] of layers.entries()) {
          const coverage = coverages[k]![o]!;
          if (coverage < leastCoverage) continue;
          const under = structure[o]! + added;
          added += coverage * layer.density * contrast(layer.tissue(x * spacingMm[2], y * spacingMm[1], z * spacingMm[0]) - under);
        }
        const i = (z * shape[1] + y) * shape[2] + x;
        if (added !== 0) data[i] = Math.min(3071, Math.round(data[i]! + added));
      }
    }
  }
}

/** A difference of HU if it is positive; small ones fade out, so that tissue which is about as dense as the nodule gets no second noise. */
const contrast = (hu: number): number => (hu <= 0 ? 0 : hu >= fadeHu ? hu : (hu * hu) / fadeHu);
