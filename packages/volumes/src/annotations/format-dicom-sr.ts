import type { SphereMm } from "../label-map.js";
import type { CodedConcept } from "./coded.js";
import { code, coded, container, number, text, uidRef } from "./dicom-content.js";
import { encodeDicom } from "./encode-dicom.js";
import { checkText, commonElements, type DicomObjectOptions, type Elements, instancesOf, type ScanReference } from "./scan-reference.js";

const comprehensive3dSr = "1.2.840.10008.5.1.4.1.1.88.34";
/** More than any report has use for; each becomes some dozen elements. */
const findingLimit = 10_000;

/** A detection for a report: a sphere in the world and how sure the detector is. */
export interface ReportedDetection extends SphereMm {
  /** 0 to 1; left out where it is missing. */
  readonly probability?: number;
  /** What a viewer lists it as; "Finding 1", "Finding 2" … unless told. */
  readonly label?: string;
}

/** How detections are reported. */
export interface DicomSrOptions extends DicomObjectOptions {
  /** What was found; a nodule (SNOMED 27925004) unless told. */
  readonly finding?: CodedConcept;
  /** Where it was found, such as the lung (SNOMED 39607008); left out unless told. */
  readonly findingSite?: CodedConcept;
}

/**
 * Detections as a DICOM structured report (Comprehensive 3D SR, a measurement report of template TID 1500), for a PACS.
 *
 * Each is a measurement group (TID 1411) with its sphere as an ellipsoid in the patient's coordinates, its diameter in mm and, as the
 * certainty of the finding, its probability in percent. The observer is a device, and the report is complete and not verified. No detections
 * make a report without groups. **It carries the study's identifiers**: the UIDs of `scan`, and what of the patient is passed there.
 * Written by the package dcmjs, which is loaded when this is called and which you install beside this one.
 *
 * Rejects with a RangeError for coordinates, diameters and probabilities that are none, for a scan without slices, for UIDs that are none
 * and texts that DICOM has no room for, and with Unsupported (see `isVolumeError`) where dcmjs is missing. Reference: the DICOM standard,
 * PS3.16, TID 1500 and TID 1411.
 *
 * @example
 * ```ts
 * import { createDicomUid, formatDicomSr } from "@gleaner/volumes";
 *
 * const scan = { studyUid: "1.2.1", seriesUid: "1.2.2", frameOfReferenceUid: "1.2.3", instanceUids: ["1.2.4.1", "1.2.4.2"] };
 * const random = () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
 * const detections = [{ x: -57.4, y: 131.2, z: -520.4, diameterMm: 15.5, probability: 0.93 }];
 * const report = await formatDicomSr(detections, scan, { newUid: () => createDicomUid(random), date: new Date() });
 * new TextDecoder().decode(report.subarray(128, 132)); // => "DICM"
 * ```
 */
export async function formatDicomSr(
  detections: readonly ReportedDetection[],
  scan: ScanReference,
  options: DicomSrOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (detections.length > findingLimit)
    throw new RangeError(`formatDicomSr: there are ${detections.length} detections, expected at most ${findingLimit}`);
  if (scan.instanceUids.length === 0) throw new RangeError("formatDicomSr: the scan has no instance UIDs, expected those of its slices");
  const { finding = nodule, findingSite, newUid } = options;
  const evidence = [
    {
      StudyInstanceUID: scan.studyUid,
      ReferencedSeriesSequence: [{ SeriesInstanceUID: scan.seriesUid, ReferencedSOPSequence: instancesOf(scan) }],
    },
  ];
  const elements: Elements = {
    ...commonElements(scan, options, "formatDicomSr"),
    Modality: "SR",
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: evidence,
    CompletionFlag: "COMPLETE",
    VerificationFlag: "UNVERIFIED",
    PreliminaryFlag: "FINAL",
    ...container(undefined, measurementReport, "1500", [
      code("HAS CONCEPT MOD", language, english),
      code("HAS OBS CONTEXT", observerType, deviceObserver),
      uidRef("HAS OBS CONTEXT", deviceUid, newUid()),
      text("HAS OBS CONTEXT", deviceName, checkText(options.device?.model ?? "Gleaner", "device.model", "formatDicomSr")),
      code("HAS CONCEPT MOD", procedureReported, ctUnspecified),
      container(
        "CONTAINS",
        imagingMeasurements,
        undefined,
        detections.map((detection, n) => groupOf(detection, n, scan, newUid(), finding, findingSite)),
      ),
    ]),
  };
  return encodeDicom(elements, comprehensive3dSr, "report.dcm");
}

function groupOf(
  detection: ReportedDetection,
  n: number,
  scan: ScanReference,
  trackingUid: string,
  finding: CodedConcept,
  site: CodedConcept | undefined,
): Elements {
  const { x, y, z, diameterMm, probability, label = `Finding ${n + 1}` } = detection;
  if (![x, y, z, diameterMm].every(Number.isFinite) || diameterMm <= 0)
    throw new RangeError(`formatDicomSr: detection ${n} is [${[x, y, z, diameterMm]}], expected a finite center and a positive diameter`);
  if (probability !== undefined && !(probability >= 0 && probability <= 1))
    throw new RangeError(`formatDicomSr: detection ${n} has the probability ${probability}, expected 0 to 1`);
  const radius = diameterMm / 2;
  // The ends of the three axes of an ellipsoid (PS3.3, C.18.9.1.2).
  const axes = [x - radius, y, z, x + radius, y, z, x, y - radius, z, x, y + radius, z, x, y, z - radius, x, y, z + radius];
  return container("CONTAINS", measurementGroup, "1411", [
    text("HAS OBS CONTEXT", trackingIdentifier, checkText(label, `the label of detection ${n}`, "formatDicomSr")),
    uidRef("HAS OBS CONTEXT", trackingUniqueIdentifier, trackingUid),
    code("CONTAINS", findingName, finding),
    ...(site ? [code("HAS CONCEPT MOD", findingSiteName, site)] : []),
    {
      RelationshipType: "CONTAINS",
      ValueType: "SCOORD3D",
      ConceptNameCodeSequence: [coded(volumeSurface)],
      GraphicType: "ELLIPSOID",
      GraphicData: axes,
      ReferencedFrameOfReferenceUID: scan.frameOfReferenceUid,
    },
    uidRef("CONTAINS", sourceSeries, scan.seriesUid),
    number("CONTAINS", diameter, diameterMm, millimeter),
    ...(probability === undefined ? [] : [number("CONTAINS", certainty, 100 * probability, percent)]),
  ]);
}

const concept = (value: string, scheme: string, meaning: string): CodedConcept => ({ value, scheme, meaning });
const measurementReport = concept("126000", "DCM", "Imaging Measurement Report");
const language = concept("121049", "DCM", "Language of Content Item and Descendants");
const english = concept("en-US", "RFC5646", "English (United States)");
const observerType = concept("121005", "DCM", "Observer Type");
const deviceObserver = concept("121007", "DCM", "Device");
const deviceUid = concept("121012", "DCM", "Device Observer UID");
const deviceName = concept("121013", "DCM", "Device Observer Name");
const procedureReported = concept("121058", "DCM", "Procedure reported");
const ctUnspecified = concept("25045-6", "LN", "CT unspecified body region");
const imagingMeasurements = concept("126010", "DCM", "Imaging Measurements");
const measurementGroup = concept("125007", "DCM", "Measurement Group");
const trackingIdentifier = concept("112039", "DCM", "Tracking Identifier");
const trackingUniqueIdentifier = concept("112040", "DCM", "Tracking Unique Identifier");
const findingName = concept("121071", "DCM", "Finding");
const findingSiteName = concept("363698007", "SCT", "Finding Site");
const volumeSurface = concept("121231", "DCM", "Volume Surface");
const sourceSeries = concept("121232", "DCM", "Source series for segmentation");
const nodule = concept("27925004", "SCT", "Nodule");
const diameter = concept("81827009", "SCT", "Diameter");
const certainty = concept("111012", "DCM", "Certainty of Finding");
const millimeter = concept("mm", "UCUM", "millimeter");
const percent = concept("%", "UCUM", "percent");
