import { linkedChoice, linkedFlag, linkedInteger, linkedNumber, linkedNumbers, type StateOf } from "./linked-state.js";

export const methodOptions = [
  { value: "iou", text: "iou: by overlap" },
  { value: "atss", text: "atss: by an adaptive overlap" },
  { value: "center", text: "center: by distance" },
] as const;

export const sizeOptions = ["16", "32", "48", "64"].map((value) => ({ value, text: `${value} × ${value} × ${value} voxels` }));

export const strideOptions = [
  { value: "0", text: "no such level" },
  ...["4", "8", "16"].map((value) => ({ value, text: `${value} voxels` })),
];

export const alignmentOptions = [
  { value: "symmetric", text: "symmetric: flips keep the grid" },
  { value: "corner", text: "corner: as MONAI" },
] as const;

export const ignoredSizesOptions = [
  { value: "all", text: "anchors of all sizes" },
  { value: "own", text: "anchors of the nodule's size" },
] as const;

export const viewOptions = [
  { value: "near", text: "around the nodule" },
  { value: "patch", text: "the whole patch" },
] as const;

const values = <T extends string>(options: readonly { value: T }[]): T[] => options.map(({ value }) => value);
const stride = (preset: string) => linkedChoice(preset, values(strideOptions));
const sizes = (preset: number[]) => linkedNumbers(preset, 1, 100, 4);

/** The preset: 4 mm, half way between two anchor centers along x, with RetinaNet's thresholds. */
export const anchorSchema = {
  diameter: linkedNumber(4, 2, 40),
  z: linkedNumber(13.5, 0, 63),
  y: linkedNumber(13.5, 0, 63),
  x: linkedNumber(15.5, 0, 63),
  spacing: linkedNumber(1.5, 0.5, 3),
  size: linkedChoice("32", values(sizeOptions)),
  stride1: stride("4"),
  sizes1: sizes([5, 8, 13]),
  stride2: stride("0"),
  sizes2: sizes([10, 12.6, 16]),
  stride3: stride("0"),
  sizes3: sizes([20, 25.2, 32]),
  alignment: linkedChoice("symmetric", values(alignmentOptions)),
  method: linkedChoice("iou", values(methodOptions)),
  high: linkedNumber(0.5, 0, 1),
  low: linkedNumber(0.4, 0, 1),
  lowQuality: linkedFlag(true),
  candidates: linkedInteger(4, 1, 27),
  centerInside: linkedFlag(false),
  positiveRadius: linkedNumber(0.7, 0, 2),
  minPositiveVoxels: linkedNumber(2.3, 0, 8),
  ignoredRadius: linkedNumber(1.2, 0, 3),
  minIgnoredVoxels: linkedNumber(3.6, 0, 12),
  ignoredSizes: linkedChoice("all", values(ignoredSizesOptions)),
  view: linkedChoice("near", values(viewOptions)),
};

export type AnchorState = StateOf<typeof anchorSchema>;

const pyramid = { size: "64", stride2: "8", stride3: "16", sizes1: [5, 6.3, 8] };

/** What differs from the preset in each of the stories that the page tells. */
export const anchorStories: readonly { name: string; text: string; changes: Partial<AnchorState> }[] = [
  { name: "between", text: "4 mm between two centers", changes: {} },
  { name: "lost", text: "… without low quality: lost", changes: { lowQuality: false } },
  { name: "atss", text: "… by ATSS", changes: { method: "atss" } },
  { name: "center", text: "… by center", changes: { method: "center" } },
  { name: "pyramid", text: "20 mm, ATSS on a pyramid", changes: { ...pyramid, method: "atss", diameter: 20, z: 30, y: 31, x: 33 } },
  { name: "border", text: "12 mm on the border", changes: { diameter: 12, z: 0, y: 13.5, x: 13.5 } },
];
