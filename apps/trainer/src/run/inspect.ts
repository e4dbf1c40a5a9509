import type { Volume } from "@gleaner/volumes";
import { inputError } from "../errors.js";
import { formatRows } from "./inspect-words.js";

type Triple = [number, number, number];

/** What `gleaner inspect` reports: where a volume lies and what values it holds. */
interface Inspection {
  /** Voxels along z, y, x. */
  shape: Triple;
  spacingMm: Triple;
  /** World position of the first voxel's center, x, y, z. */
  originMm: Triple;
  /** Row-major 3x3; columns are the world directions of the x, y and z index axes. */
  direction: number[];
  min: number;
  max: number;
  mean: number;
  sum: number;
  voxels: { voxel: Triple; value: number }[];
}

/** Describes a volume; throws an InputError for a voxel outside of it. */
export function inspectVolume(volume: Volume, voxels: readonly Triple[] = []): Inspection {
  const [depth, height, width] = volume.shape;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of volume.data) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return {
    shape: [...volume.shape],
    spacingMm: [...volume.spacingMm],
    originMm: [...volume.originMm],
    direction: [...volume.direction],
    min,
    max,
    mean: sum / volume.data.length,
    sum,
    voxels: voxels.map(([z, y, x]) => {
      if (z >= depth || y >= height || x >= width) {
        throw inputError(`the voxel ${z},${y},${x} is outside of the volume; expected z,y,x below ${volume.shape.join(",")}`);
      }
      return { voxel: [z, y, x], value: volume.data[(z * height + y) * width + x]! };
    }),
  };
}

const round = (value: number): string => String(Number(value.toPrecision(7)));

/** The same for people, one property a line. */
export function formatInspection(path: string, inspection: Inspection, series?: string): string {
  const rows: [string, string][] = [
    ["volume", path],
    ...(series === undefined ? [] : [["series", series] as [string, string]]),
    ["shape (z, y, x)", inspection.shape.join(" x ")],
    ["spacing (z, y, x)", `${inspection.spacingMm.map(round).join(" x ")} mm`],
    ["origin (x, y, z)", `${inspection.originMm.map(round).join(", ")} mm`],
    [
      "direction",
      [0, 3, 6]
        .map((row) =>
          inspection.direction
            .slice(row, row + 3)
            .map(round)
            .join(" "),
        )
        .join(" | "),
    ],
    ["values", `${round(inspection.min)} to ${round(inspection.max)}, mean ${round(inspection.mean)}, sum ${round(inspection.sum)}`],
    ...inspection.voxels.map(({ voxel, value }): [string, string] => [`voxel ${voxel.join(",")}`, round(value)]),
  ];
  return formatRows(rows);
}
