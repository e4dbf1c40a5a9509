import { chooseSeries } from "../dicom/choose.js";
import { openDicom } from "../dicom/data-set.js";
import { scanDicom } from "../dicom/load.js";
import { seriesOf } from "../dicom/series.js";
import { sourcesOf } from "../dicom/source.js";
import { volumeError } from "../errors.js";
import type { VolumeFileInput } from "../volume-files.js";
import type { ScanReference } from "./scan-reference.js";

/**
 * The UIDs of a DICOM series, as the writers for a PACS take them: its slices are in the order of the volume that `parseDicom` makes of it.
 *
 * Only headers are read. Nothing of the patient is in the result; add `patient` and `study` where the PACS shall file by them. Rejects with
 * the errors of `parseDicom` for files that are no series or several (`series` names one), and with Unsupported for multi-frame images,
 * for slices that share a place, and for slices that do not say where they lie.
 *
 * @example
 * ```ts
 * import { isVolumeError, scanReferenceOfDicom } from "@gleaner/volumes";
 *
 * const error = await scanReferenceOfDicom({ "notes.txt": new TextEncoder().encode("not a scan") }).catch((caught) => caught);
 * isVolumeError(error, "UnknownFormat"); // => true
 * ```
 */
export async function scanReferenceOfDicom(files: VolumeFileInput, { series }: { series?: string } = {}): Promise<ScanReference> {
  const path = "the files";
  const findings = await scanDicom(sourcesOf(files, "scanReferenceOfDicom"));
  const { chosen } = chooseSeries(seriesOf(findings), findings, { path, series });
  const places = chosen.stack?.places ?? [];
  const [first] = places[0] ?? [];
  if (!first || places.some(({ length, 0: slice }) => length > 1 || slice!.image.frames.length > 1))
    throw volumeError("Unsupported", path, "it is no series of single slices at different places, which the writers refer to one by one");
  const opened = await openDicom(first.image.source, () => false);
  return {
    studyUid: opened?.dataSet.text("x0020000d") ?? "",
    seriesUid: first.image.series,
    frameOfReferenceUid: first.image.frameOfReference,
    instanceUids: places.map(([slice]) => slice!.image.instance),
    imageClassUid: opened?.dataSet.text("x00080016") ?? "",
  };
}
