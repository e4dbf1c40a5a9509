import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";

/** A DICOM UID under 2.25 (from a UUID, PS3.5 annex B.2), the same for the same settings and place in the set. */
export function seriesUid(settings: object, index: number): string {
  const bytes = createHash("sha256")
    .update(JSON.stringify([settings, index]))
    .digest()
    .subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${bytes.toString("hex")}`)}`;
}

/** Writes a file that is there whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}
