import { statSync } from "node:fs";
import { isImageSetError } from "@gleaner/images";
import { describeImageSet, type RecognizedDescription } from "@gleaner/images/node";
import { type DicomSeries, isVolumeError, type Volume } from "@gleaner/volumes";
import { listDicomFolder, readDicom, readLuna16, readVolume } from "@gleaner/volumes/node";
import { inputError } from "../errors.js";
import { inspectSet, type SetInspection } from "./inspect-set.js";

/** A series as it is listed: its files counted. */
interface ListedSeries extends Omit<DicomSeries, "files" | "problems"> {
  files: number;
  /** What keeps it from being a volume; none where it is one. */
  problems: string[];
}

/** What a path turned out to be. */
export type Inspected =
  | { kind: "volume"; volume: Volume; series?: ListedSeries; notices: readonly string[] }
  | { kind: "series"; series: ListedSeries[]; unreadable: { file: string; reason: string }[] }
  | { kind: "set"; set: SetInspection }
  | { kind: "images"; images: RecognizedDescription };

/** Pictures of a folder are brought to this size where they are several. */
const imageSize = 32;

/** Says what is at a path: a volume, DICOM series, a data set of volumes, or a set of images. `series` chooses one of several. */
export async function inspectPath(path: string, { series }: { series?: string } = {}): Promise<Inspected> {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) throw inputError(`${path} does not exist; expected a volume, a folder of DICOM files, a data set or a set of images`);
  return status.isDirectory() ? inspectFolder(path, series) : inspectFile(path, series);
}

async function inspectFile(path: string, series: string | undefined): Promise<Inspected> {
  try {
    return { kind: "volume", volume: await readVolume(path, series === undefined ? {} : { series }), notices: [] };
  } catch (error) {
    if (!isVolumeError(error, "UnknownFormat")) throw error;
    const images = await imagesAt(path);
    if (typeof images !== "string") return { kind: "images", images };
    throw inputError(
      `${path}: it is nothing that is known; looked for a volume (MetaImage, NIfTI, NRRD or DICOM, by its first bytes and its ending) and for ${images}`,
      error,
    );
  }
}

async function inspectFolder(path: string, wanted: string | undefined): Promise<Inspected> {
  const set = readLuna16(path);
  if (set.scans.length > 0) return { kind: "set", set: await inspectSet(set) };
  const unreadable: { file: string; reason: string }[] = [];
  const found = await listDicomFolder(path, {
    onUnreadable: (error) => unreadable.push({ file: error.path, reason: error.message.replace(`${error.path}: `, "") }),
  });
  if (wanted !== undefined && !found.some(({ id, uid }) => id === wanted || uid === wanted))
    throw inputError(
      `--series is ${JSON.stringify(wanted)}; expected one of the ${found.length} series of ${path}, which gleaner inspect lists without it`,
    );
  const stacks = found.filter(({ localizer }) => !localizer);
  const only =
    wanted === undefined ? (stacks.length === 1 ? stacks[0] : undefined) : found.find(({ id, uid }) => id === wanted || uid === wanted);
  if (only && (wanted !== undefined || (only.problems.length === 0 && unreadable.length === 0))) {
    const { volume, notices } = await readDicom(only.files, { series: only.id });
    return { kind: "volume", volume, series: listed(only), notices };
  }
  if (found.length > 0 || unreadable.length > 0) return { kind: "series", series: found.map(listed), unreadable };
  const images = await imagesAt(path);
  if (typeof images !== "string") return { kind: "images", images };
  throw inputError(
    `${path}: it is nothing that is known; looked for volumes (.mhd, .mha, .nii, .nii.gz, .nrrd) in it and in subset0 to subset9, for DICOM files in it and below, and for ${images}`,
  );
}

const listed = ({ files, problems, ...facts }: DicomSeries): ListedSeries => ({
  ...facts,
  files: files.length,
  problems: problems.map(({ path, message }) => `${path}: ${message}`),
});

/** The set of images at a path, or what was looked for where there is none. */
async function imagesAt(path: string): Promise<RecognizedDescription | string> {
  try {
    return await describeImageSet(path, { size: imageSize });
  } catch (error) {
    const [, looks] = (isImageSetError(error, "Unsupported") && /is no known set of images; looked for (.*)$/.exec(error.message)) || [];
    if (looks === undefined) throw error;
    return `a set of images (${looks})`;
  }
}
