import { volumeError } from "../errors.js";
import { defaultMaxBytes, type ReadOptions } from "../plan.js";
import type { Volume } from "../volume.js";
import { type CodedConcept, codeOf } from "./coded.js";
import { type DicomObject, type OpenedObject, openObject } from "./dicom-object.js";
import { createSegFrameReader, type SegPixels } from "./seg-frames.js";
import { latticeOf } from "./seg-lattice.js";
import { frameMasks, labelMasks } from "./seg-masks.js";

const storageClasses = { "1.2.840.10008.5.1.4.1.1.66.4": "Segmentation", "1.2.840.10008.5.1.4.1.1.66.7": "Label Map Segmentation" };
/** Whole-body segmentations have some hundred segments on a thousand slices each. */
const limits = { frames: 2 ** 18, segments: 2 ** 16, pixels: 2 ** 26 };

/** A segment: a mask and what it is of. */
export interface DicomSegment {
  readonly number: number;
  readonly label: string;
  /** What kind of thing it is, such as a morphologically abnormal structure, and which one, such as a nodule. */
  readonly category?: CodedConcept;
  readonly type?: CodedConcept;
  /** AUTOMATIC, SEMIAUTOMATIC or MANUAL. */
  readonly algorithm?: string;
  readonly trackingId?: string;
  readonly trackingUid?: string;
  /**
   * From its first slice to its last one: 0 and 1, or fractions of 0 to 1 where the segmentation is fractional. Missing where no frame is
   * of it. `lesionsOfMask` takes it as it is, fractions after a threshold.
   */
  readonly mask?: Volume<Uint8Array | Float32Array>;
}

/** A segmentation. Nothing here tells who the patient is. */
export interface DicomSegmentation {
  /** The frame of reference that masks are in; empty where the file does not tell one. */
  readonly frameOfReferenceUid: string;
  /** The series that was segmented; empty where the file does not tell one. */
  readonly seriesUid: string;
  /** What values mean: of a fractional one the probability, or the part of a voxel that is occupied. */
  readonly kind: "binary" | "probability" | "occupancy" | "label map";
  readonly segments: readonly DicomSegment[];
}

/** How a segmentation is read. */
export interface DicomSegOptions extends ReadOptions {
  /** The file's name, for messages. */
  readonly path?: string;
}

/**
 * The segments of a DICOM segmentation (SEG) as masks in the world: binary, fractional and label map ones, segments that overlap too.
 *
 * Frames are placed by their positions, in any order; slices without a frame are empty. `maxBytes` bounds all masks together, 2 GiB unless
 * told. Rejects with a tagged error (see `isVolumeError`): UnknownFormat and Unsupported for other files, Malformed and
 * Truncated where header and frames contradict each other, Uneven where frames lie on no lattice, TooLarge. Reference: the DICOM standard,
 * PS3.3, A.51 and C.8.20.
 *
 * @example
 * ```ts
 * import { isVolumeError, parseDicomSeg } from "@gleaner/volumes";
 *
 * const error = await parseDicomSeg(new Uint8Array(200), { path: "nodules.dcm" }).catch((caught) => caught);
 * isVolumeError(error, "UnknownFormat"); // => true
 * error.message; // => "nodules.dcm: it is no DICOM file, expected a DICOM segmentation"
 * ```
 */
export async function parseDicomSeg(bytes: Uint8Array, options: DicomSegOptions = {}): Promise<DicomSegmentation> {
  const { path = "seg.dcm", maxBytes = defaultMaxBytes } = options;
  const opened = openObject(bytes, path, storageClasses, "a DICOM segmentation");
  const { object } = opened;
  const kind = kindOf(object, path);
  const pixels = pixelsOf(object, kind, path);
  const frames = object.items("x52009230").slice(0, pixels.frames);
  if (frames.length < pixels.frames)
    throw volumeError("Malformed", path, `it has ${pixels.frames} frames, but functional groups for ${frames.length} of them`);
  // 0 is the background of a label map, which some writers describe too.
  const described = object.items("x00620002").filter((item) => kind !== "label map" || item.short("x00620004") !== 0);
  if (described.length > limits.segments)
    throw volumeError("TooLarge", path, `it has ${described.length} segments, the limit is ${limits.segments}`);
  const read = createSegFrameReader(opened, pixels, path);
  const lattice = latticeOf(object, frames, pixels.rows, pixels.columns, path);
  const most = object.short("x0062000e") ?? 255;
  const numbers = described.map((item) => item.short("x00620004"));
  if (new Set(numbers).size < numbers.length || numbers.includes(undefined))
    throw volumeError("Malformed", path, "its segments have no numbers of their own, expected a different SegmentNumber for each");
  const masks =
    kind === "label map"
      ? await labelMasks(read, lattice, new Set(numbers as number[]), maxBytes, path)
      : await frameMasks(read, lattice, segmentsOf(opened, frames, path), kind === "binary" ? undefined : most, maxBytes, path);
  return {
    frameOfReferenceUid: object.text("x00200052") ?? "",
    seriesUid: object.items("x00081115")[0]?.text("x0020000e") ?? "",
    kind,
    segments: described.map((item, i) => segmentOf(item, numbers[i]!, masks.get(numbers[i]!))),
  };
}

function kindOf(object: DicomObject, path: string): DicomSegmentation["kind"] {
  const type = object.text("x00620001") ?? "missing";
  if (type === "BINARY") return "binary";
  if (type === "FRACTIONAL") return object.text("x00620010") === "OCCUPANCY" ? "occupancy" : "probability";
  if (type === "LABELMAP") return "label map";
  throw volumeError(
    "Unsupported",
    path,
    `SegmentationType is ${JSON.stringify(type.slice(0, 16))}, expected BINARY, FRACTIONAL or LABELMAP`,
  );
}

function pixelsOf(object: DicomObject, kind: DicomSegmentation["kind"], path: string): SegPixels {
  const [rows = 0, columns = 0, bits = 0] = [object.short("x00280010"), object.short("x00280011"), object.short("x00280100")];
  const frames = object.numbers("x00280008")?.[0] ?? 1;
  if (rows < 1 || columns < 1)
    throw volumeError("Malformed", path, `its frames have ${columns} x ${rows} pixels, expected positive numbers`);
  if (rows * columns > limits.pixels)
    throw volumeError("TooLarge", path, `its frames have ${columns} x ${rows} pixels, the limit is ${limits.pixels} pixels`);
  if (!Number.isInteger(frames) || frames < 1 || frames > limits.frames)
    throw volumeError("Malformed", path, `NumberOfFrames is ${frames}, expected 1 to ${limits.frames}`);
  const expected = kind === "binary" ? [1, 8] : kind === "label map" ? [8, 16] : [8];
  if (!expected.includes(bits)) throw volumeError("Unsupported", path, `BitsAllocated is ${bits}, expected ${expected.join(" or ")}`);
  return { rows, columns, frames, bitsAllocated: bits as SegPixels["bitsAllocated"] };
}

/** The segment of each frame. */
function segmentsOf({ object }: OpenedObject, frames: readonly DicomObject[], path: string): number[] {
  const [shared] = object.items("x52009229");
  return frames.map((frame, n) => {
    const number = (frame.items("x0062000a")[0] ?? shared?.items("x0062000a")[0])?.short("x0062000b");
    if (number === undefined) throw volumeError("Malformed", path, `frame ${n + 1} does not say which segment it is of`);
    return number;
  });
}

function segmentOf(item: DicomObject, number: number, mask: Volume<Uint8Array | Float32Array> | undefined): DicomSegment {
  const category = codeOf(item, "x00620003");
  const type = codeOf(item, "x0062000f");
  const [algorithm, trackingId, trackingUid] = [item.text("x00620008"), item.text("x00620020"), item.text("x00620021")];
  return {
    number,
    label: item.text("x00620005") ?? "",
    ...(category && { category }),
    ...(type && { type }),
    ...(algorithm !== undefined && { algorithm }),
    ...(trackingId !== undefined && { trackingId }),
    ...(trackingUid !== undefined && { trackingUid }),
    ...(mask && { mask }),
  };
}
