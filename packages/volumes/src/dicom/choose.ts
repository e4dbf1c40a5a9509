import { volumeError } from "../errors.js";
import type { DicomFinding } from "./image.js";
import type { FoundSeries } from "./series.js";
import { nameOf } from "./stack.js";

/** The series to read, and what was left out on the way to it. */
export interface Choice {
  readonly chosen: FoundSeries;
  readonly notices: readonly string[];
}

/** Sentences name so many series or files at most. */
const namedLimit = 20;

/**
 * Chooses the series that is asked for, or the only one.
 *
 * Throws NotFound where there is none, Ambiguous where there are several, Conflicting where one uid holds several stacks,
 * and the fault of an image that belongs to the chosen series but cannot be read.
 */
export function chooseSeries(
  found: readonly FoundSeries[],
  findings: readonly DicomFinding[],
  { path, series }: { path: string; series: string | undefined },
): Choice {
  const faults = findings.filter((finding) => finding.kind === "fault");
  // An image that says which series it is of and cannot be read leaves a hole there, if nowhere else.
  const fault = faults.find((one) => one.series !== undefined && (series === undefined || series.split("#")[0] === one.series));
  const wanted = found.filter(({ facts }) => series === undefined || facts.id === series || facts.uid === series);
  if (wanted.length === 0) {
    if (fault ?? (found.length === 0 ? faults[0] : undefined)) throw (fault ?? faults[0]!).error;
    throw noneOf(found, findings, path, series);
  }
  const uids = new Set(wanted.map(({ facts }) => facts.uid));
  if (uids.size > 1)
    throw volumeError("Ambiguous", path, `it holds ${uids.size} series, expected the option series to name one: ${listOf(wanted)}`);
  if (fault) throw fault.error;
  const count = faults.length === 1 ? "1 DICOM file" : `${faults.length} DICOM files`;
  const notices = faults.length > 0 ? [`${count} cannot be read, such as ${faults[0]!.error.message}`] : [];
  const slices = wanted.filter(({ facts, stack }) => stack && !facts.localizer);
  if (wanted.length > 1 && slices.length === 1) {
    const others = wanted.filter((one) => one !== slices[0]).reduce((sum, { slices: { length } }) => sum + length, 0);
    notices.push(`${others} ${others === 1 ? "image is" : "images are"} left out: scout views or images that do not say where they lie`);
    return { chosen: slices[0]!, notices };
  }
  if (wanted.length > 1) throw several(slices.length > 1 ? slices : wanted, path);
  return { chosen: wanted[0]!, notices };
}

const listOf = (found: readonly FoundSeries[]): string => {
  const names = found
    .slice(0, namedLimit)
    .map(({ facts: { id, slices } }) => `${id || "(no uid)"} (${slices} ${slices === 1 ? "slice" : "slices"})`);
  return names.join(", ") + (found.length > namedLimit ? ` and ${found.length - namedLimit} more` : "");
};

function noneOf(found: readonly FoundSeries[], findings: readonly DicomFinding[], path: string, series: string | undefined): Error {
  if (found.length > 0)
    return volumeError("NotFound", path, `it holds no series ${JSON.stringify(series)}, expected one of ${listOf(found)}`);
  const others = findings.filter(({ kind }) => kind === "other").length;
  if (others === 0)
    return volumeError("UnknownFormat", path, "it holds no DICOM files, expected some, or the name of another volume's file");
  return volumeError("Unsupported", path, `it holds ${others} DICOM ${others === 1 ? "file" : "files"} without an image of a scan`);
}

/** Says in what the two largest stacks differ. */
function several(stacks: readonly FoundSeries[], path: string): Error {
  const [a, b] = stacks as [FoundSeries, FoundSeries];
  const [first, second] = [a.slices[0]!, b.slices[0]!];
  const size = ({ facts: { sizeXY } }: FoundSeries): string => sizeXY.join(" x ");
  const differ =
    size(a) !== size(b)
      ? `size (${size(a)} and ${size(b)} pixels)`
      : first.image.frameOfReference !== second.image.frameOfReference
        ? "frame of reference"
        : first.frame.pixelSpacingMm.some((s, i) => Math.abs(s - second.frame.pixelSpacingMm[i]!) > 1e-3 * s)
          ? `pixel spacing ([${first.frame.pixelSpacingMm}] and [${second.frame.pixelSpacingMm}] mm)`
          : "orientation";
  return volumeError(
    "Conflicting",
    path,
    `${nameOf(first)} and ${nameOf(second)} of one series differ in ${differ}, expected one stack or the option series to name one: ${listOf(stacks)}`,
  );
}
