import { anchorPermutation } from "@gleaner/augment";
import { sharpenBinary } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import { type AnchorPlace, anchorIndex, anchorPlace, locationMap, planeOf } from "./anchor-places.js";
import {
  type Patch,
  patchAt,
  patchEdge,
  placeInside,
  planeUri,
  type Rectangle,
  rectanglesOn,
  type Scan,
  type SliceView,
  sliceAt,
} from "./scan.js";
import type { TargetsSettings } from "./targets-settings.js";
import { askTeacher, createTeacher, symmetryWords, type TeacherViews } from "./teacher-views.js";

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

/** An anchor with what the views say of it, at least, at most and on average, and the target made of it. */
export interface AnchorAnswer extends AnchorPlace {
  lowest: number;
  highest: number;
  mean: number;
  target: number;
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

/** What a teacher says of a patch of a scan; undefined when the question has become stale on the way. */
export type AskTargets = (scan: Scan, settings: TargetsSettings, isStale?: () => boolean) => Promise<TargetsAnswer | undefined>;

const shownAnchors = 5;

/** Everything that the live page shows of targets, computed by the packages on the active backend. */
export function createTargets(weights: Uint8Array): AskTargets {
  const teacher = createTeacher(weights);
  const ask = askTeacher(teacher);
  const { grid } = teacher.anchors([patchEdge, patchEdge, patchEdge]);
  let cut: { scan: Scan; place: string; patch: Patch } | undefined;

  return async (scan, settings, isStale = () => false) => {
    const place = placeInside([settings.z, settings.y, settings.x], scan);
    if (cut?.scan !== scan || cut.place !== place.join()) cut = { scan, place: place.join(), patch: patchAt(scan, place) };
    const { patch } = cut;
    const said = await ask(patch.data, settings, isStale);
    if (!said) return undefined;
    const plane = planeOf(settings.depth);
    const chosen = anchorIndex(settings);
    const order = Array.from(said.mean.keys()).sort((a, b) => said.mean[b]! - said.mean[a]! || a - b);
    return {
      slice: sliceAt(scan, place),
      picture: planeUri(patch.data, plane),
      objects: rectanglesOn(patch.boxes, plane),
      views: said.views.map(({ symmetry, voxels, seen, turnedBack }): ViewAnswer => {
        // Anchor k of the view is anchor permutation[k] of the patch.
        const { depth, row, column } = anchorPlace(anchorPermutation(grid, symmetry).indexOf(chosen));
        return {
          words: symmetryWords(symmetry),
          picture: planeUri(voxels, planeOf(depth, symmetry.flips[0])),
          heat: locationMap(seen, depth),
          marker: [row, column],
          turnedBack: locationMap(turnedBack, settings.depth),
          probability: turnedBack[chosen]!,
        };
      }),
      mean: locationMap(said.mean, settings.depth),
      target: locationMap(said.target, settings.depth),
      chosen: anchorAnswer(chosen, said),
      likeliest: order.slice(0, shownAnchors).map((index) => anchorAnswer(index, said)),
      curve: sharpeningCurve(settings.temperature),
    };
  };
}

function anchorAnswer(index: number, { views, mean, target }: TeacherViews): AnchorAnswer {
  const all = views.map(({ turnedBack }) => turnedBack[index]!);
  return { ...anchorPlace(index), lowest: Math.min(...all), highest: Math.max(...all), mean: mean[index]!, target: target[index]! };
}

const sharpeningCurve = (temperature: number): number[] =>
  Array.from(tf.tidy(() => sharpenBinary(tf.linspace(0, 1, 101), temperature).dataSync<"float32">()));
