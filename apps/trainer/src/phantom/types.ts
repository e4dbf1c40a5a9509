import type { Volume } from "@gleaner/volumes";
import type { Point, Triple } from "./canvas.js";
import type { ScanStyle, StyleRanges } from "./style.js";

export type Difficulty = "easy" | "standard";

export interface PhantomOptions {
  /** The same seed and options give the same scan, voxel for voxel. */
  seed: number;
  /** Voxels along z, y, x, at least 32 each; 96 x 128 x 128 unless given. */
  size?: Triple;
  /** 1.5 mm unless given. */
  spacingMm?: Triple;
  difficulty?: Difficulty;
  /** Narrower or wider ranges of single properties of the style. */
  style?: Partial<StyleRanges>;
}

export type NoduleKind = "solid" | "part-solid" | "ground-glass";
export type Attachment = "isolated" | "vessel" | "pleura";
export type IrrelevantKind = "granuloma" | "tiny" | "scar";

/** A nodule that a reader must mark. World coordinates in mm, LPS, as in LUNA16's tables. */
export interface PhantomNodule {
  x: number;
  y: number;
  z: number;
  diameterMm: number;
  kind: NoduleKind;
  attachment: Attachment;
  margin: "smooth" | "lobulated" | "spiculated";
}

/** A finding that counts neither for nor against a reader. A diameter of -1 is LUNA16's for "not measured". */
interface PhantomIrrelevant {
  x: number;
  y: number;
  z: number;
  diameterMm: number;
  kind: IrrelevantKind;
}

export interface Phantom {
  volume: Volume<Int16Array>;
  nodules: PhantomNodule[];
  excluded: PhantomIrrelevant[];
  style: ScanStyle;
}

/** A finding in body coordinates, as it is painted. */
export interface Placed {
  center: Point;
  radius: number;
}
