import type { Volume, VoxelArray } from "../volume.js";
import type { CodedConcept } from "./coded.js";
import { coded } from "./dicom-content.js";
import { checkText, type Elements } from "./scan-reference.js";

/** A mask to be written as a segment. */
export interface WrittenSegment {
  /** Voxels that are not 0 are of the segment. */
  readonly mask: Volume<VoxelArray>;
  /** What a viewer lists it as, 64 characters at most. */
  readonly label: string;
  /** What kind of thing it is; a morphologically abnormal structure (SNOMED 49755003) unless told. */
  readonly category?: CodedConcept;
  /** Which one; a nodule (SNOMED 27925004) unless told. */
  readonly type?: CodedConcept;
}

const abnormal: CodedConcept = { value: "49755003", scheme: "SCT", meaning: "Morphologically Abnormal Structure" };
const nodule: CodedConcept = { value: "27925004", scheme: "SCT", meaning: "Nodule" };

/** The item of SegmentSequence. */
export function describeSegment(
  { label, category = abnormal, type = nodule }: WrittenSegment,
  n: number,
  algorithm: "AUTOMATIC" | "SEMIAUTOMATIC" | "MANUAL",
  trackingUid: string,
  program: string,
): Elements {
  const name = checkText(label, `the label of mask ${n}`, "formatDicomSeg");
  if (name === "") throw new RangeError(`formatDicomSeg: the label of mask ${n} is empty, expected a name`);
  return {
    SegmentNumber: n + 1,
    SegmentLabel: name,
    SegmentAlgorithmType: algorithm,
    ...(algorithm !== "MANUAL" && { SegmentAlgorithmName: program }),
    SegmentedPropertyCategoryCodeSequence: [coded(category)],
    SegmentedPropertyTypeCodeSequence: [coded(type)],
    TrackingID: name,
    TrackingUID: trackingUid,
  };
}

/** An index that frames are sorted by: an element and the functional group it is in, as numbers. */
export const dimension = (organization: string, pointer: number, group: number, label: string): Elements => ({
  DimensionOrganizationUID: organization,
  DimensionIndexPointer: pointer,
  FunctionalGroupPointer: group,
  DimensionDescriptionLabel: label,
});

/** The slices on which a mask has voxels. */
export function slicesOf({ data, shape: [depth, rows, columns] }: Volume<VoxelArray>): number[] {
  const size = rows * columns;
  return Array.from({ length: depth }, (_, slice) => slice).filter((slice) => {
    for (let i = slice * size; i < (slice + 1) * size; i++) if (isInside(data[i]!)) return true;
    return false;
  });
}

/** Frames as bits, the least of each byte first, without a gap between frames (PS3.5, 8.1.1); an even number of bytes. */
export function packBits(
  segments: readonly WrittenSegment[],
  frames: readonly { readonly segment: number; readonly slice: number }[],
  size: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(2 * Math.ceil((frames.length * size) / 16));
  for (const [frame, { segment, slice }] of frames.entries()) {
    const { data } = segments[segment - 1]!.mask;
    for (let i = 0; i < size; i++) {
      const bit = frame * size + i;
      if (isInside(data[slice * size + i]!)) out[bit >> 3]! |= 1 << (bit & 7);
    }
  }
  return out;
}

const isInside = (value: number): boolean => value !== 0 && !Number.isNaN(value);
