import { linkedFlag, linkedInteger, linkedNumber } from "./linked-state.js";

export interface MixUpSettings {
  /** Phantom and middle of the patch, in voxels of the scan, of the first patch and of the second. */
  seedA: number;
  zA: number;
  yA: number;
  xA: number;
  seedB: number;
  zB: number;
  yB: number;
  xB: number;
  /** Diameter in mm of the object in the middle of a patch from a visitor's file; 0: none. */
  sizeA: number;
  sizeB: number;
  /** Whether patches are mixed, and with which λ. */
  image: boolean;
  lambda: number;
  /** Whether objects are mixed, and with which λ̃. */
  objects: boolean;
  lambdaObjects: number;
  /** η of Beta(η, η), and how often was drawn from it. */
  eta: number;
  draw: number;
  /** The depth of anchors that the pictures show, 0 to 7. */
  depth: number;
}

export const maxSeed = 99;
const place = (value: number) => linkedInteger(value, 0, 1023);

/** The preset: two small nodules in the one patch, a large one in the other. */
export const mixUpSchema = {
  seedA: linkedInteger(3, 0, maxSeed),
  zA: place(28),
  yA: place(27),
  xA: place(48),
  seedB: linkedInteger(7, 0, maxSeed),
  zB: place(19),
  yB: place(29),
  xB: place(38),
  sizeA: linkedInteger(8, 0, 30),
  sizeB: linkedInteger(8, 0, 30),
  image: linkedFlag(true),
  lambda: linkedNumber(0.7, 0, 1),
  objects: linkedFlag(true),
  lambdaObjects: linkedNumber(0.6, 0.5, 1),
  eta: linkedNumber(0.2, 0, 5),
  draw: linkedInteger(0, 0, 9999),
  depth: linkedInteger(4, 0, 7),
};
