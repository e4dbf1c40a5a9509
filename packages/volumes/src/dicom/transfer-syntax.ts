/** How the pixels of a transfer syntax are packed. */
export type Packing = "native" | "rle" | "jpeg" | "jpeg-ls" | "jpeg-2000";

/** A transfer syntax whose images are read. */
export interface TransferSyntax {
  readonly packing: Packing;
  readonly littleEndian: boolean;
}

const row = (packing: Packing, littleEndian = true): TransferSyntax => ({ packing, littleEndian });

/** PS3.5 and PS3.6 of the DICOM standard, with the retired processes that archives still hold. */
const syntaxes: Readonly<Record<string, TransferSyntax>> = {
  "1.2.840.10008.1.2": row("native"),
  "1.2.840.10008.1.2.1": row("native"),
  "1.2.840.10008.1.2.1.99": row("native"),
  "1.2.840.10008.1.2.2": row("native", false),
  "1.2.840.10008.1.2.5": row("rle"),
  // Baseline, extended, spectral selection, full progression, lossless, lossless first-order prediction.
  "1.2.840.10008.1.2.4.50": row("jpeg"),
  "1.2.840.10008.1.2.4.51": row("jpeg"),
  "1.2.840.10008.1.2.4.53": row("jpeg"),
  "1.2.840.10008.1.2.4.55": row("jpeg"),
  "1.2.840.10008.1.2.4.57": row("jpeg"),
  "1.2.840.10008.1.2.4.70": row("jpeg"),
  "1.2.840.10008.1.2.4.80": row("jpeg-ls"),
  "1.2.840.10008.1.2.4.81": row("jpeg-ls"),
  "1.2.840.10008.1.2.4.90": row("jpeg-2000"),
  "1.2.840.10008.1.2.4.91": row("jpeg-2000"),
};

/** The transfer syntax of a UID, or undefined for one whose pixels are not read. */
export const transferSyntaxOf = (uid: string): TransferSyntax | undefined => (Object.hasOwn(syntaxes, uid) ? syntaxes[uid] : undefined);
