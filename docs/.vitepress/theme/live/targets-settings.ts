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

/** The stories: what each sets; the first is the preset. */
export const stories = [
  {
    name: "agree",
    label: "An easy nodule",
    settings: { seed: 1, z: 24, y: 32, x: 32, views: 4, kind: "cube", draw: 0, temperature: 0.5, depth: 4, row: 4, column: 4, size: 1 },
  },
  {
    name: "doubt",
    label: "A knot of vessels",
    settings: { seed: 1, z: 24, y: 32, x: 32, views: 4, kind: "cube", draw: 0, temperature: 0.5, depth: 4, row: 4, column: 4, size: 0 },
  },
  {
    name: "certain",
    label: "The knot as T → 0",
    settings: { seed: 1, z: 24, y: 32, x: 32, views: 4, kind: "cube", draw: 0, temperature: 0.1, depth: 4, row: 4, column: 4, size: 0 },
  },
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
