import { countBoxes, volumeAt } from "./boxes.js";

/** Assignment by the distance of centers: for round lesions, where every box shall have several positive anchors however small it is. */
export interface CenterMatching {
  method: "center";
  /** Anchors of the box's size are positive nearer than this many radii …; 0.7 unless told. */
  positiveRadius?: number | undefined;
  /** … or nearer than this many voxels, whichever is more; 2.3 unless told. */
  minPositiveVoxels?: number | undefined;
  /** Anchors that are not positive are ignored nearer than this many radii …; 1.2 unless told. */
  ignoredRadius?: number | undefined;
  /** … or nearer than this many voxels, whichever is more; 3.6 unless told. */
  minIgnoredVoxels?: number | undefined;
  /** Which sizes of anchors the ignored zone holds for: every one, or the box's own size (the others are then background); "all" unless told. */
  ignoredSizes?: "all" | "own" | undefined;
}

/** Edge of the cube with the box's volume. */
const edgeAt = (boxes: ArrayLike<number>, i: number): number => Math.cbrt(volumeAt(boxes, i));

export function matchByCenter(anchors: ArrayLike<number>, boxes: ArrayLike<number>, options: CenterMatching): Int32Array {
  const { positiveRadius = 0.7, minPositiveVoxels = 2.3, ignoredRadius = 1.2, minIgnoredVoxels = 3.6, ignoredSizes = "all" } = options;
  for (const [name, value] of Object.entries({ positiveRadius, minPositiveVoxels, ignoredRadius, minIgnoredVoxels })) {
    if (!(value >= 0)) throw new RangeError(`${name} ${value}, expected a number that is not negative`);
  }
  if (ignoredSizes !== "all" && ignoredSizes !== "own") throw new RangeError(`ignoredSizes ${ignoredSizes}, expected "all" or "own"`);
  const count = countBoxes(anchors, "anchors");
  const logEdges = Float64Array.from({ length: count }, (_, a) => Math.log(edgeAt(anchors, 6 * a)));
  const matches = new Int32Array(count).fill(-1);
  // The distance at which an anchor was given away: the nearest box gets it, and a box's nearest anchor is given away at −1.
  const distanceOfMatch = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const nearestOfBox: { anchor: number; distance: number; box: number }[] = [];
  const distances = new Float64Array(count);
  for (let b = 0; b < boxes.length; b += 6) {
    const edge = edgeAt(boxes, b);
    if (!(edge > 0)) throw new RangeError(`box ${b / 6} has edge ${edge}, expected a positive number`);
    let gap = Number.POSITIVE_INFINITY;
    for (let a = 0; a < count; a++) gap = Math.min(gap, Math.abs(logEdges[a]! - Math.log(edge)));
    // Half a step of the float32 coordinates decides nothing: anchors of one size stay together.
    const own = (a: number): boolean => Math.abs(logEdges[a]! - Math.log(edge)) <= gap + 1e-4;
    const positive = Math.max((positiveRadius * edge) / 2, minPositiveVoxels);
    const ignored = Math.max((ignoredRadius * edge) / 2, minIgnoredVoxels);
    let nearest = { anchor: -1, distance: Number.POSITIVE_INFINITY, box: b / 6 };
    for (let a = 0; a < count; a++) {
      let squared = 0;
      for (let axis = 0; axis < 3; axis++) {
        squared += ((anchors[6 * a + axis]! + anchors[6 * a + axis + 3]! - boxes[b + axis]! - boxes[b + axis + 3]!) / 2) ** 2;
      }
      const distance = Math.sqrt(squared);
      distances[a] = distance;
      if (own(a) && distance < nearest.distance) nearest = { anchor: a, distance, box: b / 6 };
    }
    for (let a = 0; a < count; a++) {
      const distance = distances[a]!;
      if (distance < positive && own(a)) {
        if (distance < distanceOfMatch[a]!) [matches[a], distanceOfMatch[a]] = [b / 6, distance];
      } else if (distance < ignored && matches[a] === -1 && (ignoredSizes === "all" || own(a))) matches[a] = -2;
    }
    if (nearest.anchor >= 0) nearestOfBox.push(nearest);
  }
  // Nearest anchors come last, the farthest box first, so that a claim of two boxes goes to the nearer one.
  for (const { anchor, box } of nearestOfBox.sort((p, q) => q.distance - p.distance)) matches[anchor] = box;
  return matches;
}
