import {
  anchorPermutation,
  applyAnchorPermutation,
  inverseSymmetry,
  randomSymmetry,
  type Symmetry,
  transformVolume,
} from "@gleaner/augment";
import { createPyramidDetector, type PyramidDetector } from "@gleaner/detector";
import { sharpenBinary } from "@gleaner/losses";
import { averageViews } from "@gleaner/methods";
import { assignVariables, createRandom, createTensors, decodeCheckpoint, namedVariables } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs-core";
import { type AnchorPlace, anchorIndex, anchorPlace, locationMap, planeOf } from "./anchor-places.js";
import { patchAt, patchEdge, placeInside, planeUri, type Rectangle, rectanglesOn, type Scan, type SliceView, sliceAt } from "./scan.js";
import type { TargetsSettings } from "./targets-settings.js";

/** One view of the patch. */
export interface ViewAnswer {
  words: string;
  /** The plane of the view through the chosen anchor, what the network says there, and where the anchor is on it. */
  picture: string;
  heat: number[];
  marker: [row: number, column: number];
  /** Its answers turned back, on the plane of the patch through the anchor. */
  turnedBack: number[];
  /** At the chosen anchor. */
  probability: number;
}

/** An anchor with what the views say of it, on average and each, and the target made of it. */
export interface AnchorAnswer extends AnchorPlace {
  mean: number;
  target: number;
  lowest: number;
  highest: number;
}

export interface TargetsAnswer {
  slice: SliceView;
  /** The plane of the patch through the chosen anchor. */
  picture: string;
  objects: Rectangle[];
  views: ViewAnswer[];
  mean: number[];
  target: number[];
  chosen: AnchorAnswer;
  likeliest: AnchorAnswer[];
  /** The target over a mean of 0, 0.01 … 1. */
  curve: number[];
}

const teacherShape = { channels: [8, 16, 24], pyramidChannels: 16 };
const shownAnchors = 5;

/** The detector whose weights `scripts/live-teacher.ts` wrote. */
export function createTeacher(weights: Uint8Array): PyramidDetector {
  const detector = createPyramidDetector(teacherShape);
  const trained = createTensors(decodeCheckpoint(weights).tensors);
  assignVariables(namedVariables(detector.model) as Record<string, tf.Variable>, trained);
  tf.dispose(Object.values(trained));
  return detector;
}

/** The views of a draw, as training draws them; more of them begin with the same ones. */
export function viewsOf({ views, kind, draw }: Pick<TargetsSettings, "views" | "kind" | "draw">): Symmetry[] {
  const random = createRandom(draw);
  return Array.from({ length: views }, () =>
    kind === "none" ? { axes: [0, 1, 2], flips: [false, false, false] } : randomSymmetry(random, { permute: kind === "cube" }),
  );
}

/** A symmetry in words: the axes of the patch in the order in which the view has them, reversed ones with a minus. */
export const symmetryWords = ({ axes, flips }: Symmetry): string => axes.map((axis, i) => `${flips[i] ? "−" : ""}${"zyx"[axis]}`).join(" ");

/** Lets the page answer between two views. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** What a teacher says of a patch under some views, with the settings; undefined when the question has become stale on the way. */
export type Ask = (scan: Scan, settings: TargetsSettings, isStale?: () => boolean) => Promise<TargetsAnswer | undefined>;

/** Everything that the live page shows of targets, computed by the packages on the active backend. Logits of a patch are kept while it is looked at. */
export function createTargets(weights: Uint8Array): Ask {
  const teacher = createTeacher(weights);
  const { grid, count } = teacher.anchors([patchEdge, patchEdge, patchEdge]);
  let asked: { scan: Scan; place: string; logits: Map<string, Float32Array> } | undefined;

  return async (scan, settings, isStale = () => false) => {
    const place = placeInside([settings.z, settings.y, settings.x], scan);
    const patch = patchAt(scan, place);
    if (asked?.scan !== scan || asked.place !== place.join()) asked = { scan, place: place.join(), logits: new Map() };
    const { logits } = asked;
    const views = viewsOf(settings);
    const voxels = tf.tensor5d(patch.data, [1, patchEdge, patchEdge, patchEdge, 1]);
    try {
      for (const view of views) {
        if (logits.has(symmetryWords(view))) continue;
        await pause();
        if (isStale()) return undefined;
        logits.set(
          symmetryWords(view),
          tf.tidy(() => teacher.predict(transformVolume(voxels, view)).logits.dataSync<"float32">()),
        );
      }
      return tf.tidy(() => {
        // The network has answered each view; the package averages what it said.
        const remembered = views.map((view) => logits.get(symmetryWords(view))!);
        let turn = 0;
        const predict = (): { logits: tf.Tensor3D; deltas: tf.Tensor3D } => ({
          logits: tf.tensor3d(remembered[turn++]!, [1, count, 1]),
          deltas: tf.zeros([1, count, 6]),
        });
        const mean = averageViews(predict, voxels, grid, views);
        const target = sharpenBinary(mean, settings.temperature);
        const curve = sharpenBinary(tf.tensor1d(Array.from({ length: 101 }, (_, i) => i / 100)), settings.temperature);
        const each = views.map((view, k) => {
          const seen = tf.sigmoid(tf.tensor2d(remembered[k]!, [1, count]));
          const back = applyAnchorPermutation(seen, anchorPermutation(grid, inverseSymmetry(view)));
          return {
            view,
            seen: seen.dataSync<"float32">(),
            back: back.dataSync<"float32">(),
            voxels: transformVolume(voxels, view).dataSync<"float32">(),
          };
        });
        const values = { mean: mean.dataSync<"float32">(), target: target.dataSync<"float32">() };
        const anchorAnswer = (index: number): AnchorAnswer => {
          const all = each.map(({ back }) => back[index]!);
          return {
            ...anchorPlace(index),
            mean: values.mean[index]!,
            target: values.target[index]!,
            lowest: Math.min(...all),
            highest: Math.max(...all),
          };
        };
        const chosen = anchorIndex(settings);
        const plane = planeOf(settings.depth);
        const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => values.mean[b]! - values.mean[a]! || a - b);
        return {
          slice: sliceAt(scan, place),
          picture: planeUri(patch.data, plane),
          objects: rectanglesOn(patch.boxes, plane),
          views: each.map(({ view, seen, back, voxels: turned }): ViewAnswer => {
            // Anchor k of the view is anchor permutation[k] of the patch.
            const { depth, row, column } = anchorPlace(anchorPermutation(grid, view).indexOf(chosen));
            return {
              words: symmetryWords(view),
              picture: planeUri(turned, planeOf(depth, view.flips[0])),
              heat: locationMap(seen, depth),
              marker: [row, column],
              turnedBack: locationMap(back, settings.depth),
              probability: back[chosen]!,
            };
          }),
          mean: locationMap(values.mean, settings.depth),
          target: locationMap(values.target, settings.depth),
          chosen: anchorAnswer(chosen),
          likeliest: order.slice(0, shownAnchors).map(anchorAnswer),
          curve: Array.from(curve.dataSync()),
        };
      });
    } finally {
      voxels.dispose();
    }
  };
}
