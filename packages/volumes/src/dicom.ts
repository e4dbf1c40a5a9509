import { type DicomOptions, type DicomVolume, loadDicom, scanDicom } from "./dicom/load.js";
import { type DicomSeries, seriesOf } from "./dicom/series.js";
import { sourcesOf } from "./dicom/source.js";
import type { VolumeError } from "./errors.js";
import type { VolumeFileInput } from "./volume-files.js";

/**
 * Lists the series of DICOM images among some files, with what would keep each from being a volume.
 *
 * Only headers are read, and nothing of the patient is in the result. Files that are not DICOM, and DICOM files without an image of a
 * scan (reports, contours, segmentations, directories), are passed over; `onUnreadable` gets the error of each image that cannot be read.
 * No files give no series. One entry is a SeriesInstanceUID, or a stack in it where its images differ in size or orientation.
 * Reference: the DICOM standard, PS3.3, C.7.6.2 (image plane).
 *
 * @example
 * ```ts
 * import { listDicomSeries } from "@gleaner/volumes";
 *
 * const series = await listDicomSeries({ "notes.txt": new TextEncoder().encode("not a scan") });
 * series; // => []
 * ```
 */
export async function listDicomSeries(
  files: VolumeFileInput,
  { onUnreadable }: { onUnreadable?: (error: VolumeError) => void } = {},
): Promise<DicomSeries[]> {
  const findings = await scanDicom(sourcesOf(files, "listDicomSeries"));
  for (const finding of findings) if (finding.kind === "fault") onUnreadable?.(finding.error);
  return seriesOf(findings).map(({ facts }) => facts);
}

/**
 * The volume of a DICOM series: its slices sorted along their normal, as Hounsfield units in the patient's coordinates (LPS, mm).
 *
 * Values are RescaleSlope · stored + RescaleIntercept of each slice, in the smallest array that holds them exactly (Int16Array for
 * nearly all CT; floats where a slope is not whole). `series` names the one to read where there are several. Rejects with a tagged error
 * (see `isVolumeError`) whose message is one sentence and names files, never the patient: Ambiguous for several series, Uneven for gaps,
 * uneven steps and a tilted gantry (unless `onUneven` is "resample"), Conflicting for slices that disagree, Unsupported, Malformed,
 * Truncated, Corrupt and TooLarge for files that cannot be read. Decoders of compressed pixels are loaded when a file needs them.
 * Reference: the DICOM standard, PS3.3, C.7.6.2 and C.11.1.
 *
 * @example
 * ```ts
 * import { isVolumeError, parseDicom } from "@gleaner/volumes";
 *
 * const error = await parseDicom({ "notes.txt": new TextEncoder().encode("not a scan") }).catch((caught) => caught);
 * isVolumeError(error, "UnknownFormat"); // => true
 * error.message; // => "the files: it holds no DICOM files, expected some, or the name of another volume's file"
 * ```
 */
export async function parseDicom(files: VolumeFileInput, options: DicomOptions = {}): Promise<DicomVolume> {
  return loadDicom(sourcesOf(files, "parseDicom"), "the files", options);
}
