import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Volume, voxelToWorld } from "@gleaner/volumes";
import dcmjs from "dcmjs";

// biome-ignore lint/suspicious/noExplicitAny: elements by their keywords, of which a test knows what they hold.
export type Elements = Record<string, any>;

interface Library {
  DicomMessage: { readFile(bytes: ArrayBuffer, options: { untilTag: string; includeUntilTagValue: boolean }): { dict: Elements } };
  DicomMetaDictionary: { naturalizeDataset(dict: Elements): Elements; denaturalizeDataset(elements: Elements): Elements };
  DicomDict: new (meta: Elements) => { dict: Elements; write(): ArrayBuffer };
}
const { DicomMessage, DicomMetaDictionary, DicomDict } = (dcmjs as unknown as { data: Library }).data;

/** The elements of a DICOM file as dcmjs reads them, without its pixels. */
export function readDicomObject(path: string): Elements {
  const bytes = readFileSync(path);
  const { dict } = DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer, {
    untilTag: "7FE00010",
    includeUntilTagValue: false,
  });
  return DicomMetaDictionary.naturalizeDataset(dict);
}

/** Writes a volume of whole Hounsfield units as a DICOM series, one file a slice, named so that their order is not that of the slices. */
export async function writeSeries(folder: string, volume: Volume): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const [depth, rows, columns] = volume.shape;
  const d = volume.direction;
  const ctImage = "1.2.840.10008.5.1.4.1.1.2";
  for (let slice = 0; slice < depth; slice++) {
    const pixels = Int16Array.from({ length: rows * columns }, (_, i) => Number(volume.data[slice * rows * columns + i]));
    const meta = DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: ctImage,
      MediaStorageSOPInstanceUID: `1.2.4.${slice + 1}`,
      TransferSyntaxUID: "1.2.840.10008.1.2.1",
      ImplementationClassUID: "1.2.5",
    });
    const file = new DicomDict(meta);
    file.dict = DicomMetaDictionary.denaturalizeDataset({
      SOPClassUID: ctImage,
      SOPInstanceUID: `1.2.4.${slice + 1}`,
      StudyInstanceUID: "1.2.1",
      SeriesInstanceUID: "1.2.2",
      FrameOfReferenceUID: "1.2.3",
      Modality: "CT",
      InstanceNumber: String(slice + 1),
      ImagePositionPatient: voxelToWorld(volume, [slice, 0, 0]).map(String),
      ImageOrientationPatient: [d[0], d[3], d[6], d[1], d[4], d[7]].map(String),
      PixelSpacing: [String(volume.spacingMm[1]), String(volume.spacingMm[2])],
      SliceThickness: String(volume.spacingMm[0]),
      SamplesPerPixel: 1,
      PhotometricInterpretation: "MONOCHROME2",
      Rows: rows,
      Columns: columns,
      BitsAllocated: 16,
      BitsStored: 16,
      HighBit: 15,
      PixelRepresentation: 1,
      RescaleIntercept: "0",
      RescaleSlope: "1",
      PixelData: [pixels.buffer],
      _vrMap: { PixelData: "OW" },
    });
    writeFileSync(join(folder, `${(slice * 7) % depth}-${slice}.dcm`), new Uint8Array(file.write()));
  }
}
