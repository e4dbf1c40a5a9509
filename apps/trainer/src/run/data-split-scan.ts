import { basename } from "node:path";

/** A scan on disk; the id is the one that annotations and candidates use. */
export interface Scan {
  id: string;
  /** A file, or the folder of a DICOM series. */
  path: string;
  /** The DICOM series, where a folder holds several. */
  series?: string;
  /** Its files, where the folder holds those of others too. */
  files?: string[];
}

/** The series that a file is of: the DICOM UID its name starts with, else its name without the endings that volumes have. */
export function scanIdOf(path: string): string {
  const name = basename(path).replace(/\.(mhd|mha|nii|nii\.gz|hdr|img|nrrd|nhdr)$/i, "");
  return /^\d+(?:\.\d+){5,}(?=\.\D|[_-]|$)/.exec(name)?.[0] ?? name;
}
