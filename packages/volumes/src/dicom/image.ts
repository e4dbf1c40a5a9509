import { type VolumeError, volumeError } from "../errors.js";
import type { Triple } from "../volume.js";
import { type DataSet, type OpenedDicom, openDicom } from "./data-set.js";
import { framesOf } from "./frame-facts.js";
import { type PixelFormat, pixelFormatOf } from "./pixel-format.js";
import type { DicomSource } from "./source.js";
import { type TransferSyntax, transferSyntaxOf } from "./transfer-syntax.js";

/** Where a frame lies and what its values mean. */
export interface FrameFacts {
  /** Its number in the file, from 0. */
  readonly index: number;
  /** World position of the center of the first pixel; undefined for images that are no slices of a body. */
  readonly position: Triple | undefined;
  /** Unit vectors along increasing x index and increasing y index. */
  readonly rowAxis: Triple;
  readonly columnAxis: Triple;
  /** Distance between rows (y) and between columns (x), in mm. */
  readonly pixelSpacingMm: readonly [number, number];
  /** SpacingBetweenSlices, where it is told. */
  readonly betweenSlicesMm: number | undefined;
  readonly slope: number;
  readonly intercept: number;
}

/** What is kept of an image: all that its volume needs and nothing of the patient. */
export interface DicomImage {
  readonly source: DicomSource;
  readonly series: string;
  readonly instance: string;
  readonly frameOfReference: string;
  readonly modality: string | undefined;
  readonly description: string | undefined;
  /** Whether it says of itself that it is a scout view. */
  readonly localizer: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly frames: readonly FrameFacts[];
  readonly format: PixelFormat;
  readonly syntax: TransferSyntax;
  readonly pixelData: NonNullable<OpenedDicom["pixelData"]>;
  /** What is odd about it and was put right. */
  readonly notices: readonly string[];
}

/** What one file turned out to be. */
export type DicomFinding =
  | { readonly kind: "image"; readonly image: DicomImage }
  /** A DICOM file that holds no image: a report, contours, a directory, a segmentation. */
  | { readonly kind: "other" }
  /** Not a DICOM file. */
  | { readonly kind: "foreign" }
  /** An image that cannot be read; its series where that much is known. */
  | { readonly kind: "fault"; readonly error: VolumeError; readonly series: string | undefined; readonly modality: string | undefined };

/** Storage classes (PS3.4) of DICOM files without slices of a scan: directories, contours, reports, segmentations, surfaces, plans, waveforms. */
const otherClasses =
  /^1\.2\.840\.10008\.(1\.3\.10|5\.1\.4\.1\.1\.(481\.([3-9]|1\d)|88(\.\d+)?|66(\.\d+)?|67|68\.\d|11\.\d+|9(\.\d+)*|104\.\d|4\.2|7\.[1-4]))$/;

/** Reads the header of a file and says what it is. Errors of the file system are thrown, faults of the file are part of the answer. */
export async function findImage(source: DicomSource): Promise<DicomFinding> {
  let opened: OpenedDicom | undefined;
  try {
    opened = await openDicom(source, (sopClass) => otherClasses.test(sopClass));
    if (!opened) return { kind: "foreign" };
    if (otherClasses.test(opened.dataSet.text("x00020002") ?? "") || otherClasses.test(opened.dataSet.text("x00080016") ?? ""))
      return { kind: "other" };
    return opened.pixelData || opened.dataSet.short("x00280010") ? { kind: "image", image: imageOf(opened) } : { kind: "other" };
  } catch (error) {
    const { tag } = error as Partial<VolumeError>;
    if (tag === undefined || tag === "Unreadable" || tag === "NotFound") throw error;
    return {
      kind: "fault",
      error: error as VolumeError,
      series: opened?.dataSet.text("x0020000e"),
      modality: opened?.dataSet.text("x00080060"),
    };
  }
}

function imageOf({ dataSet, transferSyntax, pixelData, source }: OpenedDicom): DicomImage {
  const { path } = source;
  const syntax = transferSyntaxOf(transferSyntax);
  if (!syntax) {
    const reads = "expected an uncompressed, deflated, RLE, JPEG, JPEG-LS or JPEG 2000 one";
    throw volumeError("Unsupported", path, `its transfer syntax is ${JSON.stringify(transferSyntax)}, ${reads}`);
  }
  if (!pixelData) throw volumeError("Truncated", path, "it is an image without pixel data");
  const notices: string[] = [];
  const frames = framesOf(dataSet, path, notices);
  const image = {
    source,
    series: dataSet.text("x0020000e") ?? "",
    instance: dataSet.text("x00080018") ?? "",
    frameOfReference: dataSet.text("x00200052") ?? "",
    modality: dataSet.text("x00080060"),
    description: dataSet.text("x0008103e"),
    localizer: (dataSet.text("x00080008") ?? "").split("\\").includes("LOCALIZER"),
    columns: sizeOf(dataSet, "x00280011", "Columns", path),
    rows: sizeOf(dataSet, "x00280010", "Rows", path),
    frames,
    format: pixelFormatOf(dataSet, syntax.littleEndian, path, notices),
    syntax,
    pixelData,
    notices,
  };
  const promised = (image.rows * image.columns * frames.length * image.format.bitsAllocated) / 8;
  const { start, length } = pixelData;
  if (syntax.packing !== "native") {
    if (length !== undefined) throw volumeError("Malformed", path, "its compressed pixel data are not in items", { offset: start });
    if (image.rows * image.columns > framePixelLimit)
      throw volumeError(
        "TooLarge",
        path,
        `its frames have ${image.columns} x ${image.rows} pixels, the limit is ${framePixelLimit} pixels`,
      );
    return image;
  }
  const held = Math.min(length ?? 0, source.size - start);
  if (held < promised)
    throw volumeError("Truncated", path, `its header promises ${promised} bytes of pixels, the file has ${Math.max(0, held)}`, {
      offset: start,
    });
  return image;
}

/** Codecs work on whole frames; the largest detectors have a quarter of this. */
const framePixelLimit = 2 ** 26;

function sizeOf(dataSet: DataSet, tag: "x00280010" | "x00280011", name: string, path: string): number {
  const size = dataSet.short(tag);
  if (!size) throw volumeError("Malformed", path, `${name} is ${size ?? "missing"}, expected a positive number`);
  return size;
}
