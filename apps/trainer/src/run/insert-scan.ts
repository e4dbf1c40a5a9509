import {
  type Finding,
  lungMask,
  orientVolume,
  type Region,
  resampleVolume,
  type Triple,
  type Volume,
  worldToVoxel,
} from "@gleaner/volumes";
import { readVolume } from "@gleaner/volumes/node";
import { inputError } from "../errors.js";
import { lungNoise } from "../phantom/inserted/noise.js";
import { estimatePointSpread } from "../phantom/inserted/point-spread.js";
import type { RealFinding, RealScan } from "../phantom/inserted/types.js";

/** A chest of half a meter in each direction at 1 mm; a finer spacing by mistake would fill the memory. */
const maxVoxels = 2 ** 27;
const airHu = -1000;

/** What is known of a scan besides its voxels. */
export interface KnownFindings {
  annotations: readonly Finding[];
  excluded: readonly Finding[];
}

/** Reads a scan and measures what nodules inserted into it have to match; throws an InputError where there is no lung to be measured. */
export async function readRealScan(path: string, patient: string, spacingMm: Triple, known: KnownFindings): Promise<RealScan> {
  const volume = wholeHu(await readVolume(path), spacingMm, path);
  const lungs = lungMask(volume);
  const lungHu = medianInside(volume, lungs);
  const everywhere: Region = { start: [0, 0, 0], shape: volume.shape };
  const noiseHu = lungHu === undefined ? undefined : lungNoise(volume, lungs, everywhere);
  if (lungHu === undefined || noiseHu === undefined)
    throw inputError(`${path} shows no lungs in which noise could be measured; expected a CT of the chest in Hounsfield units`);
  const ofScan = (findings: readonly Finding[]): RealFinding[] =>
    findings.filter(({ scan, ...finding }) => scan === patient && isInside(volume, finding)).map(({ scan: _, ...finding }) => finding);
  return {
    patient,
    volume,
    lungs,
    spreadMm: estimatePointSpread(volume, lungs),
    noiseHu,
    lungHu,
    findings: ofScan(known.annotations),
    excluded: ofScan(known.excluded),
  };
}

/** A volume along the patient's axes at a spacing, in whole HU that 16 bits hold; NaN is air. */
function wholeHu(source: Volume, spacingMm: Triple, path: string): Volume<Int16Array> {
  const oriented = orientVolume(source);
  const shape = oriented.shape.map((n, axis) => Math.round((n * oriented.spacingMm[axis]!) / spacingMm[axis]!)) as Triple;
  if (shape[0] * shape[1] * shape[2] > maxVoxels)
    throw inputError(
      `${path}: a spacing of ${spacingMm.join(",")} mm makes ${shape.join(" x ")} voxels of it; expected at most ${maxVoxels}`,
    );
  const { data, ...grid } = resampleVolume(oriented, { spacingMm });
  return { ...grid, data: Int16Array.from(data, (v) => (Number.isNaN(v) ? airHu : Math.max(-1024, Math.min(3071, Math.round(v))))) };
}

/** The median HU inside of a mask, from a histogram; undefined where the mask is empty. */
function medianInside({ data }: Volume<Int16Array>, mask: Volume<Uint8Array>): number | undefined {
  const counts = new Uint32Array(4096);
  let inside = 0;
  for (let i = 0; i < data.length; i++) {
    if (mask.data[i] === 0) continue;
    counts[data[i]! + 1024]!++;
    inside++;
  }
  let seen = 0;
  for (let k = 0; k < counts.length; k++) if ((seen += counts[k]!) > inside / 2) return k - 1024;
  return undefined;
}

const isInside = (volume: Volume, { x, y, z }: RealFinding): boolean =>
  worldToVoxel(volume, [x, y, z]).every((v, axis) => v >= -0.5 && v < volume.shape[axis]! - 0.5);
