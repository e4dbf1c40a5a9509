import { type FocalCase, focalDouble } from "./focal-double.js";

export interface DetectionLossCase extends FocalCase {
  boxBeta: number;
  boxWeight: number;
  unlabeledWeight: number;
  labeled: number;
}

export interface DetectionNumbers {
  patches: number;
  anchors: number;
  targets: ArrayLike<number>;
  weights: ArrayLike<number>;
  positives: ArrayLike<number>;
  wanted: ArrayLike<number>;
}

/** Total, classification, box and unlabeled loss, each sum over max(1, positives), anchor by anchor. */
export function detectionLossDouble(
  logits: ArrayLike<number>,
  deltas: ArrayLike<number>,
  { patches, anchors, targets, weights, positives, wanted }: DetectionNumbers,
  c: DetectionLossCase,
): [number, number, number, number] {
  let [classification, box, unlabeled, count] = [0, 0, 0, 0];
  for (let i = 0; i < patches * anchors; i++) {
    const loss = focalDouble(targets[i]!, logits[i]!, c) * weights[i]!;
    if (i < c.labeled * anchors) classification += loss;
    else unlabeled += loss;
    count += positives[i]!;
    if (positives[i] === 0) continue;
    for (let k = 6 * i; k < 6 * i + 6; k++) {
      const d = Math.abs(deltas[k]! - wanted[k]!);
      box += positives[i]! * (d < c.boxBeta ? d ** 2 / (2 * c.boxBeta) : d - c.boxBeta / 2);
    }
  }
  const [a, b, u] = [classification, box, unlabeled].map((sum) => sum / Math.max(1, count)) as [number, number, number];
  return [a + c.boxWeight * b + c.unlabeledWeight * u, a, b, u];
}
