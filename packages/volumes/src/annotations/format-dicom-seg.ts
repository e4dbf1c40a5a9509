import { voxelToWorld } from "../geometry.js";
import { type Grid, gridFault } from "../volume.js";
import { coded } from "./dicom-content.js";
import { encodeDicom } from "./encode-dicom.js";
import { commonElements, type DicomObjectOptions, decimal, type Elements, instancesOf, type ScanReference } from "./scan-reference.js";
import { describeSegment, dimension, packBits, slicesOf, type WrittenSegment } from "./written-segment.js";

const segmentationStorage = "1.2.840.10008.5.1.4.1.1.66.4";
/** SegmentNumber has 16 bits, but viewers list them all. */
const segmentLimit = 4096;

/** How masks are written. */
export interface WriteSegOptions extends DicomObjectOptions {
  /** What the segmentation is called, 16 capital letters, digits, spaces and underscores at most; "LESIONS" unless told. */
  readonly contentLabel?: string;
  /** How the masks were made: by a program alone, the default, or by or with a person. */
  readonly algorithm?: "AUTOMATIC" | "SEMIAUTOMATIC" | "MANUAL";
}

/**
 * Masks as a binary DICOM segmentation (SEG), for a PACS: one segment each, on the lattice of the scan; segments may overlap.
 *
 * Slices on which a segment has no voxel are left out. **It carries the study's identifiers**: the UIDs of `scan`, and what of the
 * patient is passed there. Written by the package dcmjs, which is loaded when this is called and which you install beside this one. A mask
 * of all detections is `labelMapOfDetections`; give its labels one by one.
 *
 * Rejects with a RangeError where masks do not share one lattice of perpendicular axes, where `scan` has not one UID for each of its slices,
 * where no mask has a voxel, for UIDs that are none and texts that DICOM has no room for, and with Unsupported (see `isVolumeError`) where dcmjs is missing.
 * Reference: the DICOM standard, PS3.3, A.51 and C.8.20.
 *
 * @example
 * ```ts
 * import { createDicomUid, createVolume, formatDicomSeg, parseDicomSeg } from "@gleaner/volumes";
 *
 * const mask = createVolume({ data: Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 0), shape: [2, 2, 2], spacingMm: [2, 0.7, 0.7] });
 * const scan = { studyUid: "1.2.1", seriesUid: "1.2.2", frameOfReferenceUid: "1.2.3", instanceUids: ["1.2.4.1", "1.2.4.2"] };
 * const random = () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
 * const bytes = await formatDicomSeg([{ mask, label: "nodule" }], scan, { newUid: () => createDicomUid(random), date: new Date() });
 * const { segments } = await parseDicomSeg(bytes);
 * segments[0]?.mask?.data; // => [0, 1, 1, 0]
 * segments[0]?.mask?.originMm; // => [0, 0, 2]
 * ```
 */
export async function formatDicomSeg(
  segments: readonly WrittenSegment[],
  scan: ScanReference,
  options: WriteSegOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const grid = latticeOf(segments, scan);
  const { contentLabel = "LESIONS", algorithm = "AUTOMATIC", newUid } = options;
  if (!/^[A-Z0-9 _]{1,16}$/.test(contentLabel))
    throw new RangeError(`formatDicomSeg: contentLabel is ${JSON.stringify(contentLabel)}, expected 1 to 16 of A-Z, 0-9, space and _`);
  const { shape } = grid;
  const frames = segments.flatMap(({ mask }, n) => slicesOf(mask).map((slice) => ({ segment: n + 1, slice })));
  if (frames.length === 0) throw new RangeError("formatDicomSeg: no mask has a voxel that is not 0, expected one at least");
  const dimensions = newUid();
  const references = instancesOf(scan);
  const { direction: d } = grid;
  const elements: Elements = {
    ...commonElements(scan, options, "formatDicomSeg"),
    Modality: "SEG",
    ImageType: ["DERIVED", "PRIMARY"],
    FrameOfReferenceUID: scan.frameOfReferenceUid,
    PositionReferenceIndicator: "",
    ReferencedSeriesSequence: [{ SeriesInstanceUID: scan.seriesUid, ReferencedInstanceSequence: references }],
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: dimensions }],
    DimensionIndexSequence: [
      dimension(dimensions, 0x0062000b, 0x0062000a, "Segment Number"),
      dimension(dimensions, 0x00200032, 0x00209113, "Image Position Patient"),
    ],
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    NumberOfFrames: String(frames.length),
    Rows: shape[1],
    Columns: shape[2],
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    LossyImageCompression: "00",
    SegmentationType: "BINARY",
    SegmentsOverlap: "UNDEFINED",
    ContentLabel: contentLabel,
    ContentDescription: "",
    ContentCreatorName: "",
    SegmentSequence: segments.map((segment, n) => describeSegment(segment, n, algorithm, newUid(), options.device?.model ?? "Gleaner")),
    SharedFunctionalGroupsSequence: [
      {
        PlaneOrientationSequence: [{ ImageOrientationPatient: [d[0], d[3], d[6], d[1], d[4], d[7]].map(decimal) }],
        PixelMeasuresSequence: [
          {
            SliceThickness: decimal(grid.spacingMm[0]),
            SpacingBetweenSlices: decimal(grid.spacingMm[0]),
            PixelSpacing: [decimal(grid.spacingMm[1]), decimal(grid.spacingMm[2])],
          },
        ],
      },
    ],
    PerFrameFunctionalGroupsSequence: frames.map(({ segment, slice }) => ({
      DerivationImageSequence: [
        {
          SourceImageSequence: [{ ...references[slice], PurposeOfReferenceCodeSequence: [coded(sourceImage)] }],
          DerivationCodeSequence: [coded(segmentation)],
        },
      ],
      FrameContentSequence: [{ DimensionIndexValues: [segment, slice + 1] }],
      PlanePositionSequence: [{ ImagePositionPatient: voxelToWorld(grid, [slice, 0, 0]).map(decimal) }],
      SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }],
    })),
    PixelData: [packBits(segments, frames, shape[1] * shape[2]).buffer],
    _vrMap: { PixelData: "OB" },
  };
  return encodeDicom(elements, segmentationStorage, "seg.dcm");
}

/** The lattice of all masks, which is the scan's. */
function latticeOf(segments: readonly WrittenSegment[], scan: ScanReference): Grid {
  const [first] = segments;
  if (!first || segments.length > segmentLimit)
    throw new RangeError(`formatDicomSeg: there are ${segments.length} segments, expected 1 to ${segmentLimit}`);
  const fault = gridFault(first.mask);
  if (fault) throw new RangeError(`formatDicomSeg: ${fault}`);
  const grid = first.mask;
  const placeOf = ({ shape, spacingMm, originMm, direction }: Grid): number[] => [...shape, ...spacingMm, ...originMm, ...direction];
  for (const [n, { mask }] of segments.entries()) {
    if (!placeOf(mask).every((value, i) => Math.abs(value - placeOf(grid)[i]!) < 1e-6))
      throw new RangeError(`formatDicomSeg: mask ${n} lies on another lattice than mask 0, expected one lattice`);
  }
  const d = grid.direction;
  const skew = [
    [0, 1],
    [0, 2],
    [1, 2],
  ].map(([a, b]) => Math.abs(d[a!]! * d[b!]! + d[a! + 3]! * d[b! + 3]! + d[a! + 6]! * d[b! + 6]!));
  if (Math.max(...skew) > 1e-3) throw new RangeError(`formatDicomSeg: the direction is [${d}], expected perpendicular axes`);
  if (scan.instanceUids.length !== grid.shape[0])
    throw new RangeError(
      `formatDicomSeg: the scan has ${scan.instanceUids.length} instance UIDs, expected one for each of the ${grid.shape[0]} slices`,
    );
  return grid;
}

const sourceImage = { value: "121322", scheme: "DCM", meaning: "Source image for image processing operation" };
const segmentation = { value: "113076", scheme: "DCM", meaning: "Segmentation" };
