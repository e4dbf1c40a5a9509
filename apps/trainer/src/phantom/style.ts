import { uniform } from "./draw.js";

/** What differs from scanner to scanner and patient to patient. Each is drawn uniformly from a range. */
export interface ScanStyle {
  /** Standard deviation of the noise in HU, in the middle of the body. */
  noiseHu: number;
  /** 0 a soft reconstruction kernel (blurred, blotchy noise) to 1 a sharp one (crisp edges, fine noise). */
  sharpness: number;
  /** Mean of aerated lung in HU. */
  lungHu: number;
  /** How much denser the lung is at the back than in front, HU over the whole depth (gravity). */
  gravityHu: number;
  /** Deviation of the lung's own mottle in HU. */
  textureHu: number;
  bloodHu: number;
  /** Volume of lung in mm³ that one terminal vessel feeds: small is busy. */
  vesselSpacingMm3: number;
  /** Radius of the terminal vessels in mm. */
  vesselRadiusMm: number;
  /** Subcutaneous fat in mm. */
  fatMm: number;
  /** Share of the lung lost to emphysema; none below 0. */
  emphysema: number;
  /** How many knots and bulges of vessels there are, which look like nodules. */
  knots: number;
}

export type StyleRanges = Record<keyof ScanStyle, readonly [low: number, high: number]>;

const styleRanges: Record<"easy" | "standard", StyleRanges> = {
  standard: {
    noiseHu: [25, 80],
    sharpness: [0, 1],
    lungHu: [-900, -810],
    gravityHu: [20, 90],
    textureHu: [6, 18],
    bloodHu: [30, 55],
    vesselSpacingMm3: [300, 600],
    vesselRadiusMm: [0.6, 0.78],
    fatMm: [6, 26],
    emphysema: [-0.1, 0.1],
    knots: [4, 10],
  },
  easy: {
    noiseHu: [12, 25],
    sharpness: [0.2, 0.6],
    lungHu: [-870, -840],
    gravityHu: [20, 40],
    textureHu: [6, 12],
    bloodHu: [35, 45],
    vesselSpacingMm3: [1500, 2500],
    vesselRadiusMm: [0.5, 0.55],
    fatMm: [8, 16],
    emphysema: [0, 0],
    knots: [0, 0],
  },
};

/** Draws the style of one scan; ranges given replace the ones of the difficulty. */
export function drawStyle(difficulty: "easy" | "standard", ranges: Partial<StyleRanges>, random: () => number): ScanStyle {
  const style = Object.fromEntries(
    Object.entries({ ...styleRanges[difficulty], ...ranges }).map(([name, [low, high]]) => [name, uniform(low, high, random)]),
  ) as unknown as ScanStyle;
  // Low noise is the more common; the bad scans are few.
  const [low, high] = ranges.noiseHu ?? styleRanges[difficulty].noiseHu;
  return { ...style, noiseHu: low + (high - low) * ((style.noiseHu - low) / Math.max(1e-9, high - low)) ** 1.6 };
}
