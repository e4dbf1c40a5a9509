import { type Curriculum, createCurriculum, restoreCurriculum } from "@gleaner/curriculum";
import { type AnchorSet, decodeBoxes, nonMaxSuppression3d } from "@gleaner/detector";
import type { TeacherObjects } from "@gleaner/methods";
import type { Config } from "../config.js";
import { spacingOf } from "./prepare-volume.js";

/** Which predictions of a teacher count as objects. */
export interface ObjectRule {
  /** Of one patch; `scan` is the place of its scan in `split.unlabeled`, known again by `observe`. */
  find(probabilities: Float32Array, deltas: Float32Array, scan: number): TeacherObjects;
  /** Counts what was found since the last call: after the step, so that no patch has a part in its own thresholds. */
  observe(): void;
  /** From which probability on, for each band of diameters. */
  thresholds(): number[];
}

/**
 * The curriculum of flexible thresholds: its classes are bands of diameters, its samples are pairs of an unlabeled scan and a band. A pair counts as learnt once an
 * object of that band was found in the scan with a probability of τ or more.
 */
export const createObjectCurriculum = ({ objects }: Config, unlabeledScans: number): Curriculum | undefined =>
  objects.thresholds === "flexible" && unlabeledScans > 0
    ? createCurriculum({ ...sizesOf(objects, unlabeledScans), threshold: objects.threshold })
    : undefined;

/** The same from a checkpoint. @throws RangeError if it is of another number of scans or bands */
export function restoreObjectCurriculum({ objects }: Config, unlabeledScans: number, snapshot: unknown): Curriculum {
  const curriculum = restoreCurriculum(snapshot as Parameters<typeof restoreCurriculum>[0]);
  const { classes, unlabeled } = sizesOf(objects, unlabeledScans);
  if (curriculum.classes !== classes || curriculum.unlabeled !== unlabeled)
    throw new RangeError(
      `a curriculum of ${curriculum.unlabeled} samples in ${curriculum.classes} bands; expected ${unlabeled} in ${classes}`,
    );
  return curriculum;
}

/** The mean edge of a box in mm. */
export const diameterMmOf = (box: ArrayLike<number>, spacing: readonly number[]): number =>
  spacing.reduce((sum, mm, axis) => sum + mm * (box[axis + 3]! - box[axis]!), 0) / 3;

const sizesOf = ({ bandsMm }: Config["objects"], scans: number) => ({
  classes: bandsMm.length + 1,
  unlabeled: scans * (bandsMm.length + 1),
});

export function createObjectRule(config: Config, anchors: AnchorSet, size: number, curriculum?: Curriculum): ObjectRule {
  const { threshold, floor, bandsMm } = config.objects;
  const spacing = spacingOf(config.preprocessing);
  const bands = bandsMm.length + 1;
  const bandOf = (diameterMm: number): number => bandsMm.filter((edge) => diameterMm >= edge).length;
  const thresholds = (): number[] =>
    curriculum ? Array.from(curriculum.thresholds(), (flexible) => Math.max(floor, flexible)) : new Array<number>(bands).fill(threshold);
  let seen: { index: number; probability: number; band: number }[] = [];
  return {
    find(probabilities, deltas, scan) {
      const limits = thresholds();
      const lowest = Math.min(...limits);
      const found: { anchor: number; box: Float32Array }[] = [];
      for (let anchor = 0; anchor < probabilities.length; anchor++) {
        const probability = probabilities[anchor]!;
        if (probability < lowest) continue;
        const i = 6 * anchor;
        const box = decodeBoxes(anchors.boxes.subarray(i, i + 6), deltas.subarray(i, i + 6));
        const center = [0, 1, 2].map((axis) => (box[axis]! + box[axis + 3]!) / 2);
        if (!center.every((c) => c >= -0.5 && c <= size - 0.5)) continue;
        const band = bandOf(diameterMmOf(box, spacing));
        seen.push({ index: scan * bands + band, probability, band });
        if (probability >= limits[band]!) found.push({ anchor, box });
      }
      const boxes = found.flatMap(({ box }) => Array.from(box));
      const kept = nonMaxSuppression3d(
        boxes,
        found.map(({ anchor }) => probabilities[anchor]!),
        { iouThreshold: config.detection.nmsIou },
      );
      return {
        boxes: Float32Array.from({ length: 6 * kept.length }, (_, k) => boxes[6 * kept[Math.floor(k / 6)]! + (k % 6)]!),
        anchors: Int32Array.from(found, ({ anchor }) => anchor),
      };
    },
    observe() {
      curriculum?.observe(
        seen.map(({ index }) => index),
        seen.map(({ probability }) => probability),
        seen.map(({ band }) => band),
      );
      seen = [];
    },
    thresholds,
  };
}
