import { loadOptional } from "./optional-package.js";
import { type Elements, isUid } from "./scan-reference.js";

/** Stands for this writer (PS3.7, D.3.3.2). */
const implementationUid = "2.25.79656911911512232940263237921869920403";

/** Writes a DICOM file (PS3.10, explicit little endian) through dcmjs, which is loaded when this is called. */
export async function encodeDicom(elements: Elements, sopClassUid: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  for (const name of ["SOPInstanceUID", "SeriesInstanceUID"])
    if (!isUid(elements[name]))
      throw new RangeError(`newUid gave ${JSON.stringify(elements[name])}, expected a DICOM UID of digits and dots`);
  const library = await loadOptional(() => import("dcmjs"), "dcmjs", path, "writing a DICOM object");
  const { data } = (library as unknown as { default?: typeof library }).default ?? library;
  const { DicomDict, DicomMetaDictionary } = data;
  const meta = DicomMetaDictionary.denaturalizeDataset({
    FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
    MediaStorageSOPClassUID: sopClassUid,
    MediaStorageSOPInstanceUID: elements["SOPInstanceUID"],
    TransferSyntaxUID: "1.2.840.10008.1.2.1",
    ImplementationClassUID: implementationUid,
    ImplementationVersionName: "GLEANER",
  });
  const file = new DicomDict(meta);
  file.dict = DicomMetaDictionary.denaturalizeDataset({ ...elements, SOPClassUID: sopClassUid });
  return new Uint8Array(file.write());
}
