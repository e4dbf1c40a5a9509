import type { Region, Volume } from "@gleaner/volumes";
import type { Canvas, Point, Triple } from "../canvas.js";
import type { Attachment, NoduleKind, PhantomNodule } from "../types.js";

/** A finding that a reader marked, world coordinates in mm; a diameter of -1 is LUNA16's for "not measured". */
export interface RealFinding {
  x: number;
  y: number;
  z: number;
  diameterMm: number;
}

/** A real scan on the lattice of its blocks, with what an inserted nodule has to match. */
export interface RealScan {
  patient: string;
  /** Axes along the patient's, in whole Hounsfield units. */
  volume: Volume<Int16Array>;
  /** 1 inside of the lungs; vessels and airways count as lung. */
  lungs: Volume<Uint8Array>;
  /** Sigma of the Gaussian that stands for the scan's point spread, z, y, x. */
  spreadMm: Triple;
  /** Standard deviation in the more homogeneous parts of the lungs. */
  noiseHu: number;
  /** Median of the lungs. */
  lungHu: number;
  findings: RealFinding[];
  excluded: RealFinding[];
}

/** A part of a nodule that has one kind of tissue. */
export interface Layer {
  /** Collects the body, of which a reader draws the outline, in a canvas's coverage. */
  body(canvas: Canvas): void;
  /** Collects what runs out from it. */
  strands?(canvas: Canvas): void;
  /** Share of the air that the tissue takes the place of: 1 solid, less lets vessels shine through. */
  density: number;
  /** The tissue's HU at a place. */
  tissue(x: number, y: number, z: number): number;
}

/** A nodule to be inserted, in mm from the block's first voxel. */
export interface NoduleShape {
  layers: Layer[];
  /** No layer reaches farther from the center. */
  reachMm: number;
  /** HU that the nodule's body has in lung of the scan's median, before noise; of a part-solid one that of its haze. */
  hu: number;
}

/** What was inserted: center and diameter are those of the sphere of the volume that was painted. */
export interface InsertedNodule extends Omit<PhantomNodule, "margin"> {
  kind: NoduleKind;
  attachment: Attachment;
  margin: PhantomNodule["margin"] | "template";
  hu: number;
}

/** Room of a block that is taken: a sphere in mm from its first voxel. */
export interface Taken {
  center: Point;
  radius: number;
}

/** A part of a scan with nodules in it that it never had. */
export interface InsertedBlock {
  volume: Volume<Int16Array>;
  region: Region;
  nodules: InsertedNodule[];
  /** Real nodules of the block. */
  real: RealFinding[];
  excluded: RealFinding[];
}
