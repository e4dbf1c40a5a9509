import {
  type AnchorLevel,
  type AnchorSet,
  boxIou,
  boxIouMatrix,
  cubeSizes,
  generateAnchors,
  type Matching,
  matchAnchors,
} from "@gleaner/detector";
import type { AnchorState } from "./anchor-settings.js";

export type AnchorFate = "positive" | "ignored" | "background";

/** One anchor beside the nodule. */
export interface JudgedAnchor {
  /** [z0, y0, x0, z1, y1, x1] in voxels. */
  box: number[];
  stride: number;
  edgeMm: number;
  /** Voxels between the centers. */
  distance: number;
  iou: number;
  fate: AnchorFate;
}

/** What ATSS asks of its candidates, and how many of them reach it. */
export interface AdaptiveThreshold {
  threshold: number;
  candidates: number;
  passing: number;
}

export interface AnchorAnswer {
  /** The nodule's box in voxels. */
  nodule: number[];
  count: number;
  positives: number;
  ignored: number;
  bestIou: number;
  /** Positives, ignored ones and the nearest of the others, by IoU. */
  anchors: JudgedAnchor[];
  /** Mean plus standard deviation of the candidates' IoU, of ATSS only. */
  adaptive?: AdaptiveThreshold;
  /** Centers of the anchors along one axis, one list a level: they are the same along all three. */
  centers: { stride: number; at: number[] }[];
}

/** As many anchors are handed on for figures; those that are neither positive nor ignored come last. */
const handedOn = 400;

/** The levels as set: those that are switched on, with cubes of the sizes in mm. */
export function levelsOf(state: AnchorState): AnchorLevel[] {
  const all = [
    [state.stride1, state.sizes1],
    [state.stride2, state.sizes2],
    [state.stride3, state.sizes3],
  ] as const;
  return all
    .filter(([stride, sizes]) => stride !== "0" && sizes.length > 0)
    .map(([stride, sizes]) => ({ stride: Number(stride), sizes: cubeSizes(sizes.map((mm) => mm / state.spacing)) }));
}

/** The nodule's box in voxels; in a smaller patch it stays inside. */
export function noduleOf({ diameter, spacing, size, ...place }: AnchorState): number[] {
  const radius = diameter / spacing / 2;
  const [z, y, x] = [place.z, place.y, place.x].map((c) => Math.min(c, Number(size) - 1)) as [number, number, number];
  return [z - radius, y - radius, x - radius, z + radius, y + radius, x + radius];
}

export function matchingOf(state: AnchorState, { grid }: AnchorSet): Matching {
  const { high, low, lowQuality, candidates, centerInside, positiveRadius, minPositiveVoxels, ignoredRadius, minIgnoredVoxels } = state;
  if (state.method === "atss") return { method: "atss", grid, candidates, centerInside };
  // While one of the two thresholds is moved past the other, the other goes with it.
  if (state.method === "iou") return { method: "iou", high, low: Math.min(low, high), allowLowQuality: lowQuality };
  const ignoredSizes = state.ignoredSizes as "all" | "own";
  return { method: "center", positiveRadius, minPositiveVoxels, ignoredRadius, minIgnoredVoxels, ignoredSizes };
}

/** Squared distances in voxels of anchor centers from the nodule's. */
function squaredDistances(boxes: ArrayLike<number>, nodule: readonly number[]): Float64Array {
  const centerOf = (all: ArrayLike<number>, i: number): number => (all[i]! + all[i + 3]!) / 2;
  return Float64Array.from({ length: boxes.length / 6 }, (_, a) =>
    [0, 1, 2].reduce((sum, axis) => sum + (centerOf(boxes, 6 * a + axis) - centerOf(nodule, axis)) ** 2, 0),
  );
}

/**
 * The threshold that ATSS takes for a nodule: over its candidates (on each level the nearest anchors, so many locations of them) the mean of the IoU
 * plus its standard deviation.
 */
export function adaptiveThreshold({ grid, boxes }: AnchorSet, nodule: readonly number[], perLocation: number): AdaptiveThreshold {
  const distances = squaredDistances(boxes, nodule);
  const ious: number[] = [];
  let first = 0;
  for (const { shape, anchors } of grid.levels) {
    const locations = shape[0] * shape[1] * shape[2];
    const last = first + locations * anchors.length;
    const order = Array.from(distances.subarray(first, last).keys()).sort((p, q) => distances[first + p]! - distances[first + q]!);
    const chosen = order.slice(0, Math.min(perLocation * anchors.length, locations));
    for (const i of chosen) ious.push(boxIou(boxes.subarray(6 * (first + i), 6 * (first + i) + 6), nodule));
    first = last;
  }
  const mean = ious.reduce((sum, iou) => sum + iou, 0) / ious.length;
  const variance = ious.reduce((sum, iou) => sum + (iou - mean) ** 2, 0) / Math.max(1, ious.length - 1);
  const threshold = mean + Math.sqrt(variance);
  return { threshold, candidates: ious.length, passing: ious.filter((iou) => iou >= threshold).length };
}

const fateOf = (match: number): AnchorFate => (match >= 0 ? "positive" : match === -2 ? "ignored" : "background");

/** Everything that the page shows of the anchors of one patch with one nodule, by the package. */
export function anchorAnswer(state: AnchorState): AnchorAnswer {
  const extent = Number(state.size);
  const levels = levelsOf(state);
  const alignment = state.alignment as "symmetric" | "corner";
  const set = generateAnchors({ shape: [extent, extent, extent], levels, alignment });
  const nodule = noduleOf(state);
  const matches = matchAnchors(set.boxes, nodule, matchingOf(state, set));
  const ious = boxIouMatrix(set.boxes, nodule);
  const distances = squaredDistances(set.boxes, nodule);
  const strides = set.grid.levels.flatMap(({ shape, anchors }, l) => {
    const [z, y, x] = shape;
    return { stride: Number(levels[l]!.stride), count: z * y * x * anchors.length };
  });
  const near = (nodule[3]! - nodule[0]! + 16) ** 2;
  const rank = { positive: 0, ignored: 1, background: 2 };
  const judged: JudgedAnchor[] = [];
  let [level, end] = [-1, 0];
  for (let a = 0; a < set.count; a++) {
    if (a === end) end += strides[++level]!.count;
    const fate = fateOf(matches[a]!);
    if (fate === "background" && distances[a]! > near) continue;
    const box = Array.from(set.boxes.subarray(6 * a, 6 * a + 6));
    const edgeMm = (box[3]! - box[0]!) * state.spacing;
    judged.push({ box, stride: strides[level]!.stride, edgeMm, distance: Math.sqrt(distances[a]!), iou: ious[a]!, fate });
  }
  judged.sort((p, q) => rank[p.fate] - rank[q.fate] || (p.fate === "background" ? p.distance - q.distance : q.iou - p.iou));
  return {
    nodule,
    count: set.count,
    positives: matches.filter((match) => match >= 0).length,
    ignored: matches.filter((match) => match === -2).length,
    bestIou: ious.reduce((best, iou) => Math.max(best, iou), 0),
    anchors: judged.slice(0, handedOn),
    ...(state.method === "atss" ? { adaptive: adaptiveThreshold(set, nodule, state.candidates) } : {}),
    centers: levels.map(({ stride }) => {
      const s = Number(stride);
      const offset = alignment === "symmetric" ? (s - 1) / 2 : Math.floor(s / 2);
      return { stride: s, at: Array.from({ length: extent / s }, (_, i) => i * s + offset) };
    }),
  };
}
