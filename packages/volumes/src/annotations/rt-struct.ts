import { type VolumeErrorTag, volumeError } from "../errors.js";
import type { Contour } from "./contours.js";
import { type DicomObject, openObject } from "./dicom-object.js";

const storageClasses = { "1.2.840.10008.5.1.4.1.1.481.3": "RT Structure Set" };
/** Radiotherapy plans have some hundred regions with some ten thousand contours. */
const limits = { rois: 2 ** 14, contours: 2 ** 20, points: 2 ** 25 };

/** A region of interest of a structure set. */
export interface RtRoi {
  readonly number: number;
  readonly name: string;
  /** What it is to a radiotherapy plan, such as GTV or ORGAN; missing where the file does not say. */
  readonly type?: string;
  /** Its closed planar contours, in mm. */
  readonly contours: readonly RtContour[];
}

/** A contour, and the image it was drawn on where the file tells it. */
export interface RtContour extends Contour {
  readonly instanceUid?: string;
}

/** A structure set. Nothing here tells who the patient is. */
export interface RtStructureSet {
  /** The frame of reference that contours are in; empty where the file does not tell one. */
  readonly frameOfReferenceUid: string;
  /** The series that contours were drawn on; empty where the file does not tell one. */
  readonly seriesUid: string;
  /** The images of that series that it lists (SOPInstanceUID). */
  readonly instanceUids: readonly string[];
  readonly rois: readonly RtRoi[];
  /** What is odd about it and does not keep its contours from being used, one sentence each. */
  readonly notices: readonly string[];
}

/** What a structure set is checked against. */
export interface RtStructOptions {
  /** The file's name, for messages. */
  readonly path?: string;
  /** The SOPInstanceUIDs of the scan's images: a structure set that refers to others is refused. */
  readonly instanceUids?: Iterable<string>;
  /** The scan's FrameOfReferenceUID: a structure set of another one is refused. */
  readonly frameOfReferenceUid?: string;
}

/**
 * The regions of a DICOM structure set (RTSTRUCT), with their closed planar contours in mm; see `maskOfContours` for their masks.
 *
 * Points, open contours and other kinds are left out, and so are regions of other frames of reference; `notices` says so. A set without regions gives none. With
 * `instanceUids` or `frameOfReferenceUid` a set is refused that was not drawn on that scan, or does not tell on which. Throws a tagged error
 * (see `isVolumeError`): UnknownFormat and Unsupported for other files, Conflicting for another scan's, Malformed for
 * contours whose coordinates do not come in threes or are no numbers, TooLarge beyond 32 MiB of elements. Reference: the DICOM
 * standard, PS3.3, C.8.8.5 and C.8.8.6.
 *
 * @example
 * ```ts
 * import { isVolumeError, parseRtStruct } from "@gleaner/volumes";
 *
 * let caught: unknown;
 * try {
 *   parseRtStruct(new Uint8Array(200), { path: "contours.dcm" });
 * } catch (error) {
 *   caught = error;
 * }
 * isVolumeError(caught, "UnknownFormat") && caught.message; // => "contours.dcm: it is no DICOM file, expected an RT Structure Set"
 * ```
 */
export function parseRtStruct(bytes: Uint8Array, options: RtStructOptions = {}): RtStructureSet {
  const { path = "rtstruct.dcm" } = options;
  const fail = (tag: VolumeErrorTag, message: string): Error => volumeError(tag, path, message);
  const { object } = openObject(bytes, path, storageClasses, "an RT Structure Set");
  const notices: string[] = [];
  const listed = object.items("x30060010");
  const series = listed.flatMap((frame) => frame.items("x30060012")).flatMap((study) => study.items("x30060014"));
  const rois = roisOf(object, fail, notices);
  const instanceUids = [...new Set([...series.flatMap(imagesOf), ...contourImages(object)])];
  const frames = new Set(
    [...listed.map((frame) => frame.text("x00200052")), ...rois.map(({ frame }) => frame)].filter((uid) => uid !== undefined),
  );
  if (series.length === 0) notices.push("it does not tell the series that its contours were drawn on");
  if (series.length > 1) notices.push(`it refers to ${series.length} series, of which the first is told`);
  if (frames.size > 1) notices.push(`its regions lie in ${frames.size} frames of reference, those of the first are told`);
  const [frameOfReferenceUid = ""] = frames;
  checkScan({ instanceUids, frameOfReferenceUid }, options, fail);
  return {
    frameOfReferenceUid,
    seriesUid: series[0]?.text("x0020000e") ?? "",
    instanceUids,
    rois: rois.filter(({ frame }) => frame === undefined || frame === frameOfReferenceUid).map(({ roi }) => roi),
    notices,
  };
}

type Fail = (tag: VolumeErrorTag, message: string) => Error;

function checkScan(
  found: { instanceUids: readonly string[]; frameOfReferenceUid: string },
  { instanceUids, frameOfReferenceUid }: RtStructOptions,
  fail: Fail,
): void {
  if (frameOfReferenceUid !== undefined && found.frameOfReferenceUid !== frameOfReferenceUid)
    throw fail(
      "Conflicting",
      `its frame of reference is ${found.frameOfReferenceUid || "missing"}, expected the scan's, ${frameOfReferenceUid}`,
    );
  if (!instanceUids) return;
  if (found.instanceUids.length === 0)
    throw fail("Conflicting", "it does not tell the images that its contours were drawn on, expected the scan's");
  const known = new Set(instanceUids);
  const others = found.instanceUids.filter((uid) => !known.has(uid));
  if (others.length === 0) return;
  const count = `${others.length} of the ${found.instanceUids.length} images that it refers to`;
  throw fail("Conflicting", `${count} are not of the scan, such as ${others[0]}`);
}

const imagesOf = (item: DicomObject): string[] => item.items("x30060016").flatMap((image) => image.text("x00081155") ?? []);

const contourImages = (object: DicomObject): string[] =>
  object
    .items("x30060039")
    .flatMap((roi) => roi.items("x30060040"))
    .flatMap(imagesOf);

function roisOf(object: DicomObject, fail: Fail, notices: string[]): { roi: RtRoi; frame: string | undefined }[] {
  const types = new Map(object.items("x30060080").map((item) => [item.numbers("x30060084")?.[0], item.text("x300600a4")]));
  const drawn = new Map(object.items("x30060039").map((item) => [item.numbers("x30060084")?.[0], item]));
  const items = object.items("x30060020");
  if (items.length > limits.rois) throw fail("TooLarge", `it has ${items.length} regions, the limit is ${limits.rois}`);
  const totals = { contours: 0, points: 0 };
  const numbers = new Set<number>();
  return items.map((item) => {
    const number = item.numbers("x30060022")?.[0];
    if (number === undefined || !Number.isInteger(number))
      throw fail("Malformed", `a region's ROINumber is ${number ?? "missing"}, expected a whole number`);
    if (numbers.has(number)) throw fail("Malformed", `two regions have the ROINumber ${number}, expected different ones`);
    numbers.add(number);
    const contours = contoursOf(drawn.get(number), number, totals, fail, notices);
    const type = types.get(number);
    return {
      roi: { number, name: item.text("x30060026") ?? "", ...(type !== undefined && { type }), contours },
      frame: item.text("x30060024"),
    };
  });
}

function contoursOf(
  item: DicomObject | undefined,
  roi: number,
  totals: { contours: number; points: number },
  fail: Fail,
  notices: string[],
): RtContour[] {
  const contours: RtContour[] = [];
  const others = new Map<string, number>();
  for (const contour of item?.items("x30060040") ?? []) {
    const kind = contour.text("x30060042") ?? "missing";
    if (!/^CLOSED_?PLANAR(_XOR)?$/.test(kind)) {
      const name = /^[A-Z_]{1,16}$/.test(kind) ? kind : "unknown";
      others.set(name, (others.get(name) ?? 0) + 1);
      continue;
    }
    const pointsMm = contour.numbers("x30060050") ?? new Float64Array(0);
    const told = contour.numbers("x30060046")?.[0] ?? pointsMm.length / 3;
    if (pointsMm.length % 3 !== 0 || told !== pointsMm.length / 3)
      throw fail("Malformed", `a contour of region ${roi} has ${pointsMm.length} numbers, expected three for each of its ${told} points`);
    totals.contours++;
    totals.points += pointsMm.length / 3;
    if (totals.contours > limits.contours || totals.points > limits.points)
      throw fail("TooLarge", `its contours are more than ${limits.contours} or have more than ${limits.points} points`);
    const [instanceUid] = imagesOf(contour);
    contours.push({ pointsMm, ...(instanceUid !== undefined && { instanceUid }) });
  }
  for (const [kind, count] of others)
    notices.push(`region ${roi}: ${count} contours of the kind ${kind} left out, those that are CLOSED_PLANAR are read`);
  return contours;
}
