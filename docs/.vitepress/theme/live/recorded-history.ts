/** What a curriculum was shown in a training run, one observation after another, `batch` of them a step. */
export interface RecordedHistory {
  classes: number;
  /** N, the size of the unlabeled pool. */
  unlabeled: number;
  batch: number;
  indices: number[];
  predicted: number[];
  confidences: number[];
}

/** A history as it is stored: each observation in four bytes, in base64. */
export interface EncodedHistory {
  classes: number;
  unlabeled: number;
  batch: number;
  observations: string;
}

const confidenceSteps = 0xffff;

/** Index in 12 bits, class in 4, confidence in 16, rounded down so that none reaches a threshold that it did not reach in training. */
export function encodeHistory({ classes, unlabeled, batch, indices, predicted, confidences }: RecordedHistory): EncodedHistory {
  if (unlabeled > 2 ** 12 || classes > 2 ** 4)
    throw new RangeError(`the history has ${unlabeled} images and ${classes} classes; expected up to 4096 and 16`);
  const bytes = new DataView(new ArrayBuffer(4 * indices.length));
  for (let i = 0; i < indices.length; i++) {
    bytes.setUint16(4 * i, indices[i]! * 16 + predicted[i]!);
    bytes.setUint16(4 * i + 2, Math.floor(confidences[i]! * confidenceSteps));
  }
  const text = Array.from(new Uint8Array(bytes.buffer), (byte) => String.fromCharCode(byte)).join("");
  return { classes, unlabeled, batch, observations: btoa(text) };
}

/** The observations of `encodeHistory`, confidences in steps of 1/65535. */
export function decodeHistory({ classes, unlabeled, batch, observations }: EncodedHistory): RecordedHistory {
  const bytes = new DataView(Uint8Array.from(atob(observations), (char) => char.charCodeAt(0)).buffer);
  const places = Array.from({ length: bytes.byteLength / 4 }, (_, i) => 4 * i);
  return {
    classes,
    unlabeled,
    batch,
    indices: places.map((at) => bytes.getUint16(at) >> 4),
    predicted: places.map((at) => bytes.getUint16(at) & 15),
    confidences: places.map((at) => bytes.getUint16(at + 2) / confidenceSteps),
  };
}
