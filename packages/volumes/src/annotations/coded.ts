import type { DicomObject, Tag } from "./dicom-object.js";

/** A coded concept: a value in a coding scheme, such as SNOMED's "SCT" or DICOM's own "DCM", and its meaning in words. */
export interface CodedConcept {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

/** The first code of a sequence; undefined where there is none. */
export function codeOf(object: DicomObject, sequence: Tag): CodedConcept | undefined {
  const [item] = object.items(sequence);
  // Long code values and those that are URNs have elements of their own.
  const value = item?.text("x00080100") ?? item?.text("x00080119") ?? item?.text("x00080120");
  if (!item || value === undefined) return undefined;
  return { value, scheme: item.text("x00080102") ?? "", meaning: item.text("x00080104") ?? "" };
}
