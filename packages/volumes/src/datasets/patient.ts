import { createHmac } from "node:crypto";
import { openDicom } from "../dicom/data-set.js";
import { fileSource } from "../node-dicom-source.js";

const patientId = "x00100020";
const studyUid = "x0020000d";

/**
 * A name for the patient of a DICOM file that tells nothing of them: the first half of HMAC-SHA-256 of PatientID under a salt.
 *
 * A file without PatientID gets that of its study, whose series are of one patient; undefined where it has neither or cannot be read.
 */
export async function patientOf(path: string, salt: string): Promise<string | undefined> {
  try {
    const opened = await openDicom(await fileSource(path), () => true);
    const who = opened?.dataSet.text(patientId) ?? opened?.dataSet.text(studyUid);
    return who === undefined ? undefined : createHmac("sha256", salt).update(who).digest("hex").slice(0, 32);
  } catch {
    // The listing of the series says what is wrong with the file.
    return undefined;
  }
}
