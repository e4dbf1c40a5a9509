/**
 * Volumes on disk, for Node: reading, writing, and LUNA16's folder layout.
 *
 * @module
 */
export type { Finding } from "./boxes.js";
export { type DicomIndexOptions, type DicomIndexSummary, indexDicomTree } from "./datasets/dicom-index.js";
export { type BadSeries, type DicomTreeOptions, type DicomTreeScan, dicomTreeScans } from "./datasets/dicom-tree.js";
export { volumeFiles } from "./datasets/files-of-volume.js";
export { type DataSet, type DataSetScan, type OpenDataSetOptions, openDataSet } from "./datasets/open.js";
export { type DataSetTables, readCandidates, readDataSetTables, readFindings, readSeriesUids } from "./datasets/tables.js";
export type { DicomOptions, DicomVolume } from "./dicom/load.js";
export type { DicomSeries } from "./dicom/series.js";
export type { DicomProblem } from "./dicom/stack.js";
export { isVolumeError, type VolumeError, type VolumeErrorTag } from "./errors.js";
export type { FormatOptions } from "./file-layout.js";
export type { Candidate } from "./luna16.js";
export { listDicomFolder, type ReadDicomOptions, readDicom } from "./node-dicom.js";
export { type Luna16, type Luna16Scan, readLuna16 } from "./node-luna16.js";
export { readVolume } from "./node-read.js";
export { writeVolume } from "./node-write.js";
export type { ReadOptions } from "./plan.js";
export type { Volume } from "./volume.js";
