import { createHmac } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { openDicom } from "../dicom/data-set.js";
import type { DicomSource } from "../dicom/source.js";
import { attempt } from "../node-errors.js";

const patientId = "x00100020";
const studyUid = "x0020000d";

/**
 * A name for the patient of a DICOM file that tells nothing of them: the first half of HMAC-SHA-256 of PatientID under a salt.
 *
 * A file without PatientID gets that of its study, whose series are of one patient; undefined where it has neither or cannot be read.
 */
export async function patientOf(path: string, salt: string): Promise<string | undefined> {
  try {
    const opened = await openDicom(await sourceOf(path), () => true);
    const who = opened?.dataSet.text(patientId) ?? opened?.dataSet.text(studyUid);
    return who === undefined ? undefined : createHmac("sha256", salt).update(who).digest("hex").slice(0, 32);
  } catch {
    // The listing of the series says what is wrong with the file.
    return undefined;
  }
}

async function sourceOf(path: string): Promise<DicomSource> {
  const { size } = await attempt(path, () => stat(path));
  return {
    path,
    size,
    read: (start, length) =>
      attempt(path, async () => {
        const file = await open(path);
        try {
          const bytes = new Uint8Array(Math.max(0, Math.min(length, size - start)));
          const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
          return bytes.subarray(0, bytesRead);
        } finally {
          await file.close();
        }
      }),
  };
}
