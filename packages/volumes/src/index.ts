/**
 * CT volumes: read and write them, geometry, resampling, windows, lung masks, patches.
 *
 * @module
 */

export type { CodedConcept } from "./annotations/coded.js";
export { type Contour, maskOfContours } from "./annotations/contours.js";
export { type DicomSegment, type DicomSegmentation, type DicomSegOptions, parseDicomSeg } from "./annotations/dicom-seg.js";
export { createDicomUid } from "./annotations/dicom-uid.js";
export { formatDicomSeg, type WriteSegOptions } from "./annotations/format-dicom-seg.js";
export { type DicomSrOptions, formatDicomSr, type ReportedDetection } from "./annotations/format-dicom-sr.js";
export type { LidcCharacteristics, LidcContour, LidcReading, LidcScan } from "./annotations/lidc.js";
export { type LidcDatabaseOptions, parseLidcDatabase } from "./annotations/lidc-database.js";
export { maskOfReading } from "./annotations/lidc-mask.js";
export { parseLidcXml } from "./annotations/lidc-xml.js";
export {
  findingsOfReadings,
  type LidcNodule,
  type NoduleOptions,
  nodulesOfReadings,
  type ReadingFindingOptions,
} from "./annotations/reader-agreement.js";
export { parseRtStruct, type RtContour, type RtRoi, type RtStructOptions, type RtStructureSet } from "./annotations/rt-struct.js";
export type { DicomObjectOptions, ScanReference } from "./annotations/scan-reference.js";
export { scanReferenceOfDicom } from "./annotations/scan-reference-of.js";
export type { WrittenSegment } from "./annotations/written-segment.js";
export { boxesInRegion, boxesOfFindings, type Finding } from "./boxes.js";
export { boundingBox, cropVolume } from "./crop.js";
export type { DicomOptions, DicomVolume } from "./dicom/load.js";
export type { DicomSeries } from "./dicom/series.js";
export type { DicomProblem } from "./dicom/stack.js";
export { listDicomSeries, parseDicom } from "./dicom.js";
export { isVolumeError, type VolumeError, type VolumeErrorTag } from "./errors.js";
export type { FormatOptions } from "./file-layout.js";
export { formatMetaImage, formatNifti, formatNrrd, formatVolume } from "./format.js";
export { voxelToWorld, worldToVoxel } from "./geometry.js";
export { type BoxMm, labelMapOfDetections, type SphereMm } from "./label-map.js";
export { type Lesion, type LesionsOptions, lesionsOfMask } from "./lesions.js";
export {
  type Candidate,
  formatCandidates,
  formatDetections,
  formatFindings,
  formatSeriesUids,
  parseCandidates,
  parseFindings,
  parseSeriesUids,
  unknownScans,
} from "./luna16.js";
export { type LungMaskOptions, lungMask } from "./lung-mask.js";
export { orientVolume } from "./orient.js";
export { type ParseOptions, parseMetaImage, parseNifti, parseNrrd, parseVolume, parseVolumeFiles } from "./parse.js";
export { type PatchAroundOptions, patchAround, randomPatch } from "./patches.js";
export type { ReadOptions } from "./plan.js";
export { type ResampleOptions, resampleVolume } from "./resample.js";
export { createVolume, type Grid, type Matrix3, type Region, type Triple, type Volume, type VoxelArray } from "./volume.js";
export type { BlobLike, FileBytes, VolumeFileInput, VolumeFiles, VolumeInput } from "./volume-files.js";
export { windowHu } from "./window.js";
