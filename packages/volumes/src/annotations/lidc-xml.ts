import { volumeError } from "../errors.js";
import { characteristicNames, type LidcCharacteristics, type LidcContour, type LidcReading, type LidcScan } from "./lidc.js";
import { parseXml, type XmlElement } from "./xml-tree.js";

/**
 * The readings in an XML file of LIDC-IDRI: of each reader (the unblinded session) the outlined nodules with their grades, the nodules
 * below 3 mm and what is no nodule, which have one point each.
 *
 * A nodule of one point in all is one below 3 mm. A file without readings gives none. Nothing is kept of the people who read and of all
 * else in the file. Throws a tagged error (see `isVolumeError`; `path` is the file's name in it): Malformed where it is no XML, no reading of a CT
 * series, declares a document type, or has a coordinate or grade that is no whole number; TooLarge beyond 32 MiB or a million elements.
 * Reference: LIDC-IDRI's XML schema (LidcReadMessage), described with the data at The Cancer Imaging Archive.
 *
 * @example
 * ```ts
 * import { parseLidcXml } from "@gleaner/volumes";
 *
 * const scan = parseLidcXml(`<LidcReadMessage>
 *   <ResponseHeader><SeriesInstanceUid>1.2.3</SeriesInstanceUid></ResponseHeader>
 *   <readingSession>
 *     <nonNodule>
 *       <nonNoduleID>7</nonNoduleID><imageZposition>-120.5</imageZposition>
 *       <locus><xCoord>215</xCoord><yCoord>312</yCoord></locus>
 *     </nonNodule>
 *   </readingSession>
 * </LidcReadMessage>`);
 * scan.seriesUid; // => "1.2.3"
 * scan.readings[0]?.kind; // => "non-nodule"
 * scan.readings[0]?.contours[0]?.pixels; // => [215, 312]
 * ```
 */
export function parseLidcXml(xml: string | Uint8Array, { path = "lidc.xml" }: { path?: string } = {}): LidcScan {
  const message = parseXml(xml, path);
  if (message.name !== "LidcReadMessage")
    throw volumeError(
      "Malformed",
      path,
      `its first element is ${quoted(message.name)}, expected LidcReadMessage, the reading of a CT series`,
    );
  const header = message.children.find(({ name }) => name === "ResponseHeader");
  const seriesUid = (header && field(header, "SeriesInstanceUid")) ?? "";
  if (!isUid(seriesUid)) throw volumeError("Malformed", path, `its SeriesInstanceUid is ${quoted(seriesUid)}, expected a UID`);
  const studyUid = (header && field(header, "StudyInstanceUID")) ?? "";
  return {
    seriesUid,
    studyUid: isUid(studyUid) ? studyUid : "",
    readings: message.children
      .filter(({ name }) => name === "readingSession")
      .flatMap((session, index) => session.children.flatMap((element) => readingOf(element, index, path))),
  };
}

function readingOf(element: XmlElement, session: number, path: string): LidcReading[] {
  if (element.name === "nonNodule") {
    const contour = contourOf(element, "locus", path);
    return [{ kind: "non-nodule", id: identifier(element, "nonNoduleID"), session, contours: [contour] }];
  }
  if (element.name !== "unblindedReadNodule") return [];
  const contours = element.children.filter(({ name }) => name === "roi").map((roi) => contourOf(roi, "edgeMap", path));
  const points = contours.reduce((sum, { pixels }) => sum + pixels.length / 2, 0);
  if (points === 0) throw volumeError("Malformed", path, "a nodule has no outline, expected at least one point");
  const grades = element.children.find(({ name }) => name === "characteristics");
  const characteristics = grades && characteristicsOf(grades, path);
  return [
    {
      kind: points === 1 ? "small nodule" : "nodule",
      id: identifier(element, "noduleID"),
      session,
      ...(characteristics && Object.keys(characteristics).length > 0 && { characteristics }),
      contours,
    },
  ];
}

function contourOf(element: XmlElement, point: "edgeMap" | "locus", path: string): LidcContour {
  const pixels: number[] = [];
  for (const child of element.children) if (child.name === point) pixels.push(whole(child, "xCoord", path), whole(child, "yCoord", path));
  const z = field(element, "imageZposition") ?? "";
  const zMm = z === "" ? Number.NaN : Number(z);
  if (!Number.isFinite(zMm)) throw volumeError("Malformed", path, `imageZposition is ${quoted(z)}, expected a number of mm`);
  if (pixels.length === 0) throw volumeError("Malformed", path, `an outline at z = ${zMm} mm has no points`);
  const instanceUid = field(element, "imageSOP_UID") ?? "";
  return {
    zMm,
    ...(isUid(instanceUid) && { instanceUid }),
    inclusion: field(element, "inclusion")?.toUpperCase() !== "FALSE",
    pixels: Int32Array.from(pixels),
  };
}

function characteristicsOf(element: XmlElement, path: string): LidcCharacteristics {
  const grades: LidcCharacteristics = {};
  for (const name of characteristicNames) if (field(element, name)) grades[name] = whole(element, name, path);
  return grades;
}

const field = (element: XmlElement, name: string): string | undefined => element.children.find((child) => child.name === name)?.text;

/** Readers chose these names; long ones are cut. */
const identifier = (element: XmlElement, name: string): string => (field(element, name) ?? "").slice(0, 64);

function whole(element: XmlElement, name: string, path: string): number {
  const text = field(element, name) ?? "";
  if (!/^[+-]?\d{1,9}$/.test(text)) throw volumeError("Malformed", path, `${name} is ${quoted(text)}, expected a whole number`);
  return Number(text);
}

const isUid = (text: string): boolean => /^[\d.]{1,64}$/.test(text);
const quoted = (text: string): string => JSON.stringify(text.slice(0, 40));
