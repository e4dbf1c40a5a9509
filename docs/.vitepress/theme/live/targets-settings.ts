import { linkedChoice, linkedInteger, linkedNumber } from "./linked-state.js";

export interface TargetsSettings {
  /** Of the phantom. */
  seed: number;
  /** The middle of the patch in voxels of the scan. */
  z: number;
  y: number;
  x: number;
  /** K, how many views. */
  views: number;
  /** Which symmetries they are drawn from, and which draw it is. */
  kind: string;
  draw: number;
  /** T of the sharpening. */
  temperature: number;
  /** The anchor that is looked at: its location and size. */
  depth: number;
  row: number;
  column: number;
  size: number;
}

export const kinds = ["cube", "flips", "none"] as const;
export const kindOptions = [
  { value: "cube", text: "all 48 of the cube" },
  { value: "flips", text: "the 8 flips" },
  { value: "none", text: "none: as it lies" },
] as const;

/** Where the teacher is sure and right, and where it takes vessels for a nodule. */
const nodule = { seed: 3, z: 31, y: 16, x: 47, depth: 3, row: 5, column: 3, size: 1 };
const knot = { seed: 4, z: 31, y: 47, x: 32, depth: 2, row: 4, column: 5, size: 2 };
const views = { views: 4, kind: "cube", draw: 0 };

/** The stories: what each sets; the first is the preset. */
export const stories = [
  { name: "agree", label: "An easy nodule", settings: { ...nodule, ...views, temperature: 0.5 } },
  { name: "doubt", label: "A knot of vessels", settings: { ...knot, ...views, temperature: 0.5 } },
  { name: "certain", label: "The knot as T → 0", settings: { ...knot, ...views, temperature: 0.1 } },
] as const satisfies readonly { name: string; label: string; settings: TargetsSettings }[];

const preset: TargetsSettings = stories[0].settings;
const place = (value: number) => linkedInteger(value, 0, 1023);
const location = (value: number) => linkedInteger(value, 0, 7);

export const maxSeed = 99;

export const targetsSchema = {
  seed: linkedInteger(preset.seed, 0, maxSeed),
  z: place(preset.z),
  y: place(preset.y),
  x: place(preset.x),
  views: linkedInteger(preset.views, 1, 8),
  kind: linkedChoice(preset.kind, kinds as readonly string[]),
  draw: linkedInteger(preset.draw, 0, 999),
  temperature: linkedNumber(preset.temperature, 0.1, 1),
  depth: location(preset.depth),
  row: location(preset.row),
  column: location(preset.column),
  size: linkedInteger(preset.size, 0, 2),
};
