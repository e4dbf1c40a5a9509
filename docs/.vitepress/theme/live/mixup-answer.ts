import { applyObjectMix, drawMixUpLambda, drawObjectMix, mixUp } from "@gleaner/augment";
import { type AnchorTargets, anchorTargets, generateAnchors, matchAnchors, slimPreset } from "@gleaner/detector";
import { createRandom } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs-core";
import { type AnchorPlace, anchorPlace, locationMap, planeOf } from "./anchor-places.js";
import type { MixUpSettings } from "./mixup-settings.js";
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
  spacingMm,
} from "./scan.js";

/** One plane of a patch with the targets of its anchors. */
export interface PlaneAnswer {
  picture: string;
  targets: number[];
  objects: Rectangle[];
}

/** An anchor that has a target in either patch. */
export interface MixedAnchor extends AnchorPlace {
  ofA: number;
  ofB: number;
  mixed: number;
  /** Whether the loss skips it: either patch ignores it. */
  isIgnored: boolean;
}

/** What becomes of one object at the object level; edges in mm. */
export interface MixedObject {
  name: string;
  edgeMm: number;
  donor: string;
  donorEdgeMm: number;
  lambda: number;
}

export interface MixUpAnswer {
  slices: [SliceView, SliceView];
  a: PlaneAnswer;
  b: PlaneAnswer;
  /** A mixed with B, and B with A, both levels done. */
  mixedA: PlaneAnswer;
  mixedB: PlaneAnswer;
  /** A mixed with B before objects are. */
  imageOnly: PlaneAnswer;
  /** λ̃ of the image level; 1 where it is off. */
  lambda: number;
  anchors: MixedAnchor[];
  ignored: number;
  objects: MixedObject[];
  /** Share of draws of λ̃ in each of `bins` from ½ to 1, and their mean. */
  distribution: number[];
  meanLambda: number;
}

export const bins = 25;
const draws = 4000;
const shownAnchors = 12;

const anchors = () => generateAnchors({ shape: [patchEdge, patchEdge, patchEdge], levels: slimPreset.levels });

/** How often λ̃ falls where, by drawing it. */
export function lambdaDistribution(eta: number): { shares: number[]; mean: number } {
  const random = createRandom(0).fork("distribution");
  const shares = new Array<number>(bins).fill(0);
  let mean = 0;
  for (let i = 0; i < draws; i++) {
    const lambda = drawMixUpLambda(eta, random);
    shares[Math.min(bins - 1, Math.floor((lambda - 0.5) * 2 * bins))]! += 1 / draws;
    mean += lambda / draws;
  }
  return { shares, mean };
}

/** The λ̃ of a draw, to three digits as the slider has them. */
export const drawnLambda = (eta: number, draw: number): number =>
  Math.round(1000 * drawMixUpLambda(eta, createRandom(draw).fork("image"))) / 1000;

/** A patch with its boxes: the phantom's nodules, or the ball in the middle that the visitor says is there. */
export function patchWithBoxes(scan: Scan, place: readonly [number, number, number], diameterMm: number): Patch {
  const patch = patchAt(scan, placeInside(place, scan));
  if (scan.isPhantom || diameterMm === 0) return patch;
  const [middle, half] = [patchEdge / 2, diameterMm / 2 / spacingMm];
  return { ...patch, boxes: Float32Array.from([-half, -half, -half, half, half, half], (offset) => middle + offset) };
}

const edgeMm = (box: ArrayLike<number>): number =>
  Math.cbrt([0, 1, 2].reduce((volume, axis) => volume * (box[axis + 3]! - box[axis]!), 1)) * spacingMm;

/** Everything that the live page shows of MixUp, computed by the packages. */
export function mixUpAnswer([scanA, scanB]: readonly [Scan, Scan], settings: MixUpSettings): MixUpAnswer {
  const places = [
    [settings.zA, settings.yA, settings.xA],
    [settings.zB, settings.yB, settings.xB],
  ] as const;
  const a = patchWithBoxes(scanA, places[0], settings.sizeA);
  const b = patchWithBoxes(scanB, places[1], settings.sizeB);
  const grid = anchors();
  const targetsOf = ({ boxes }: Patch): AnchorTargets =>
    anchorTargets(grid.boxes, boxes, matchAnchors(grid.boxes, boxes, { method: "center" }));
  const [ofA, ofB] = [targetsOf(a), targetsOf(b)];

  const lambda = settings.image ? Math.max(settings.lambda, 1 - settings.lambda) : 1;
  const mixed = (x: Float32Array, y: Float32Array): Float32Array =>
    tf.tidy(() => mixUp(tf.tensor1d(x), tf.tensor1d(y), lambda).dataSync<"float32">());
  const images = [mixed(a.data, b.data), mixed(b.data, a.data)] as const;
  const targets = [mixed(ofA.targets, ofB.targets), mixed(ofB.targets, ofA.targets)] as const;

  const shape = [patchEdge, patchEdge, patchEdge] as const;
  const patches = [
    { data: images[0], shape, boxes: a.boxes },
    { data: images[1], shape, boxes: b.boxes },
  ];
  // Donors are drawn; how much of an object stays is what the slider says.
  const mixes = settings.objects
    ? drawObjectMix(patches, 1, createRandom(settings.draw).fork("objects")).map((mix) => ({ ...mix, lambda: settings.lambdaObjects }))
    : [];
  const both = applyObjectMix(patches, mixes);
  const nameOf = (patch: number, box: ArrayLike<number>): string => {
    const { boxes } = patches[patch]!;
    const place =
      Array.from({ length: boxes.length / 6 }, (_, i) => i).find((i) => [0, 1, 2].every((k) => boxes[6 * i + k] === box[k])) ?? 0;
    return `${"AB"[patch]}${place + 1}`;
  };

  const plane = planeOf(settings.depth);
  const view = (data: Float32Array, values: ArrayLike<number>, boxes: Float32Array): PlaneAnswer => ({
    picture: planeUri(data, plane),
    targets: locationMap(values, settings.depth),
    objects: rectanglesOn(boxes, plane),
  });
  const all = Array.from(targets[0], (value, i): MixedAnchor => {
    return {
      ...anchorPlace(i),
      ofA: ofA.targets[i]!,
      ofB: ofB.targets[i]!,
      mixed: value,
      isIgnored: ofA.weights[i]! * ofB.weights[i]! === 0,
    };
  });
  const { shares, mean } = lambdaDistribution(settings.eta);
  return {
    slices: [sliceAt(scanA, placeInside(places[0], scanA)), sliceAt(scanB, placeInside(places[1], scanB))],
    a: view(a.data, ofA.targets, a.boxes),
    b: view(b.data, ofB.targets, b.boxes),
    mixedA: view(both[0]!, targets[0], a.boxes),
    mixedB: view(both[1]!, targets[1], b.boxes),
    imageOnly: view(images[0], targets[0], a.boxes),
    lambda,
    anchors: all.filter(({ ofA: y, ofB: other }) => y > 0 || other > 0).slice(0, shownAnchors),
    ignored: all.filter(({ isIgnored }) => isIgnored).length,
    objects: mixes.map(({ patch, box, donorPatch, donorBox, lambda: own }) => ({
      name: nameOf(patch, box),
      edgeMm: edgeMm(box),
      donor: nameOf(donorPatch, donorBox),
      donorEdgeMm: edgeMm(donorBox),
      lambda: own,
    })),
    distribution: shares,
    meanLambda: mean,
  };
}
