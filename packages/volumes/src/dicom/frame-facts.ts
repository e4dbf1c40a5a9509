import { volumeError } from "../errors.js";
import type { Triple } from "../volume.js";
import type { DataSet, Tag } from "./data-set.js";
import type { FrameFacts } from "./image.js";

/** More frames than any scanner makes in one file; each takes some memory before its pixels are looked at. */
const frameLimit = 2 ** 16;

const tags = {
  numberOfFrames: "x00280008",
  position: "x00200032",
  orientation: "x00200037",
  pixelSpacing: "x00280030",
  betweenSlices: "x00180088",
  slope: "x00281053",
  intercept: "x00281052",
  modalityTable: "x00283000",
  sharedGroups: "x52009229",
  perFrameGroups: "x52009230",
  planePosition: "x00209113",
  planeOrientation: "x00209116",
  pixelMeasures: "x00289110",
  valueTransformation: "x00289145",
} as const;

/**
 * The frames of an image: one from the header itself, or those of the functional groups of an enhanced image (PS3.3, C.7.6.16).
 *
 * Throws Malformed or Unsupported where a frame does not say where it lies.
 */
export function framesOf(dataSet: DataSet, path: string, notices: string[]): FrameFacts[] {
  if (dataSet.items(tags.modalityTable).length > 0)
    throw volumeError("Unsupported", path, "its values go through a modality look-up table, expected a slope and an intercept");
  const [count = 1] = dataSet.numbers(tags.numberOfFrames) ?? [];
  if (!Number.isInteger(count) || count < 1 || count > frameLimit)
    throw volumeError("Malformed", path, `NumberOfFrames is ${count}, expected 1 to ${frameLimit}`);
  const perFrame = dataSet.items(tags.perFrameGroups);
  if (perFrame.length === 0) {
    if (count > 1) throw volumeError("Unsupported", path, `it has ${count} frames that do not say where they lie`);
    return [factsOf(() => dataSet, 0, path, notices)];
  }
  if (perFrame.length < count) throw volumeError("Malformed", path, `it has ${count} frames, but groups for ${perFrame.length} of them`);
  const [shared] = dataSet.items(tags.sharedGroups);
  return perFrame.slice(0, count).map((own, index) => {
    const groupOf = (sequence: Tag): DataSet | undefined => own.items(sequence)[0] ?? shared?.items(sequence)[0];
    return factsOf((sequence) => groupOf(sequence) ?? dataSet, index, path, notices);
  });
}

function factsOf(groupOf: (sequence: Tag) => DataSet, index: number, path: string, notices: string[]): FrameFacts {
  const numbers = (group: Tag, tag: Tag, name: string, count: number): number[] | undefined => {
    const values = groupOf(group).numbers(tag);
    if (values === undefined || values.length === count) return values;
    throw volumeError("Malformed", path, `${name} has ${values.length} values, expected ${count}`);
  };
  const position = numbers(tags.planePosition, tags.position, "ImagePositionPatient", 3) as Triple | undefined;
  const orientation = numbers(tags.planeOrientation, tags.orientation, "ImageOrientationPatient", 6);
  const spacing = numbers(tags.pixelMeasures, tags.pixelSpacing, "PixelSpacing", 2);
  const between = Math.abs(numbers(tags.pixelMeasures, tags.betweenSlices, "SpacingBetweenSlices", 1)?.[0] ?? 0);
  const [slope] = numbers(tags.valueTransformation, tags.slope, "RescaleSlope", 1) ?? [];
  const [intercept] = numbers(tags.valueTransformation, tags.intercept, "RescaleIntercept", 1) ?? [];
  if (slope === 0 && index === 0) notices.push("RescaleSlope is 0, which is taken as 1");
  const axes = axesOf(orientation ?? [1, 0, 0, 0, 1, 0], path);
  if (position && !orientation) throw volumeError("Malformed", path, "ImageOrientationPatient is missing, expected six numbers");
  if (position && !spacing?.every((mm) => mm > 0)) {
    throw volumeError("Malformed", path, `PixelSpacing is ${spacing ? `[${spacing}]` : "missing"}, expected two positive numbers of mm`);
  }
  return {
    index,
    position,
    ...axes,
    pixelSpacingMm: spacing ? [spacing[0]!, spacing[1]!] : [1, 1],
    betweenSlicesMm: between > 0 ? between : undefined,
    slope: slope || 1,
    intercept: intercept ?? 0,
  };
}

/** The two axes at unit length; headers round them. */
function axesOf(orientation: readonly number[], path: string): Pick<FrameFacts, "rowAxis" | "columnAxis"> {
  const unit = (axis: readonly number[]): Triple => axis.map((v) => v / Math.hypot(...axis)) as Triple;
  const [row, column] = [orientation.slice(0, 3), orientation.slice(3)];
  const right = [row, column].every((axis) => Math.abs(Math.hypot(...axis) - 1) < 0.01);
  const skew = row.reduce((sum, v, i) => sum + v * column[i]!, 0);
  if (!right || Math.abs(skew) > 0.01)
    throw volumeError("Malformed", path, `ImageOrientationPatient is [${orientation}], expected two perpendicular directions of length 1`);
  return { rowAxis: unit(row), columnAxis: unit(column) };
}
