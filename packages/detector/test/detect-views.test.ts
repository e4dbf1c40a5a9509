import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type DetectOptions, detectVolume, encodeBoxes, generateAnchors, type PatchView, type Predict, type Triple } from "../src/index.js";
import { maxDifference } from "./fixture.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
/** The 48 symmetries, those that only flip first. */
const symmetries = orders.flatMap((axes) =>
  Array.from({ length: 8 }, (_, bits): PatchView => ({ axes, flips: [(bits & 4) > 0, (bits & 2) > 0, (bits & 1) > 0] })),
);
const patchShape = [8, 8, 8] as const;
// Every order of three edges at each location, so that turns map anchors onto anchors.
const anchors = generateAnchors({
  shape: patchShape,
  levels: [
    { stride: 4, sizes: orders.map((order) => order.map((i) => [3.3, 5, 7.1][i]!) as unknown as Triple) },
    { stride: 8, sizes: [[8, 8, 8]] },
  ],
});

/** Answers for the voxels above zero: each anchor near one has its value as a logit, and a cube of 4 voxels around it as its box. */
const markSpots: Predict = (x) => {
  const [n, d, h, w] = x.shape;
  const logits = new Float32Array(n * anchors.count).fill(-9);
  const deltas = new Float32Array(6 * n * anchors.count);
  x.dataSync().forEach((value, i) => {
    if (value <= 0) return;
    const at = [Math.floor(i / h / w) % d, Math.floor(i / w) % h, i % w];
    for (let k = 0; k < anchors.count; k++) {
      const anchor = anchors.boxes.subarray(6 * k, 6 * k + 6);
      if (at.some((c, axis) => Math.abs(c - (anchor[axis]! + anchor[axis + 3]!) / 2) > 2)) continue;
      const place = Math.floor(i / (d * h * w)) * anchors.count + k;
      logits[place] = value;
      deltas.set(encodeBoxes(anchor, [...at.map((c) => c - 2), ...at.map((c) => c + 2)]), 6 * place);
    }
  });
  return { logits: tf.tensor3d(logits, [n, anchors.count, 1]), deltas: tf.tensor3d(deltas, [n, anchors.count, 6]) };
};

/** The same, but a voxel farther along +x of whatever it is shown, and half as long again along x: the boxes must come back turned. */
const pointAlongX: Predict = (x) => {
  const { logits, deltas } = markSpots(x);
  const shifted = deltas.arraySync().map((patch, b) =>
    patch.map((row, k) => {
      const size = anchors.boxes[6 * k + 5]! - anchors.boxes[6 * k + 2]!;
      return logits.arraySync()[b]![k]![0]! > 0 ? row.map((v, i) => (i === 2 ? v + 1 / size : i === 5 ? v + Math.log(1.5) : v)) : row;
    }),
  );
  return { logits, deltas: tf.tensor3d(shifted) };
};

const scan = { data: new Float32Array(8 * 8 * 20), shape: [8, 8, 20] as const };
for (const [z, y, x, value] of [
  [1, 2, 3, 5],
  [6, 5, 11, 4],
  [4, 0, 18, 3],
] as const)
  scan.data[(z * 8 + y) * 20 + x] = value;
const detect = (predict: Predict, options: Partial<DetectOptions> = {}) =>
  detectVolume(predict, scan, { patchShape, anchors, overlap: 4, batch: 2, ...options });

describe("views of detectVolume", () => {
  test("each of the 48 symmetries gives the boxes and scores of the patch as it lies", async () => {
    const plain = await detect(markSpots);
    expect(plain.scores).toHaveLength(3);
    for (const view of symmetries) {
      const turned = await detect(markSpots, { views: [view] });
      expect(maxDifference(turned.boxes, plain.boxes), JSON.stringify(view)).toBeLessThan(1e-4);
      expect(maxDifference(turned.scores, plain.scores)).toBeLessThan(1e-6);
    }
    const all = await detect(markSpots, { views: symmetries });
    expect(maxDifference(all.boxes, plain.boxes)).toBeLessThan(1e-4);
    expect(maxDifference(all.scores, plain.scores)).toBeLessThan(1e-6);
  });
  test("a direction comes back as the view turned it", async () => {
    const plain = await detect(markSpots);
    /** How far the center of the best box moves, and its size. */
    const best = async (view: PatchView): Promise<number[][]> => {
      const { boxes } = await detect(pointAlongX, { views: [view] });
      const round = (v: number): number => Math.round(1e3 * v) / 1e3 + 0;
      const centerOf = (of: Float32Array, axis: number): number => (of[axis]! + of[axis + 3]!) / 2;
      return [
        [0, 1, 2].map((axis) => round(centerOf(boxes, axis) - centerOf(plain.boxes, axis))),
        [0, 1, 2].map((axis) => round(boxes[axis + 3]! - boxes[axis]!)),
      ];
    };
    expect(await best({ axes: [0, 1, 2], flips: [false, false, false] })).toEqual([
      [0, 0, 1],
      [4, 4, 6],
    ]);
    expect(await best({ axes: [0, 1, 2], flips: [false, false, true] })).toEqual([
      [0, 0, -1],
      [4, 4, 6],
    ]);
    // The view's x is the patch's y, reversed.
    expect(await best({ axes: [2, 0, 1], flips: [false, false, true] })).toEqual([
      [0, -1, 0],
      [4, 6, 4],
    ]);
    // Weights of the coder differ between axes: the network then answers in those of the axis that it sees.
    const weights = [1, 1, 2, 1, 1, 1] as const;
    const weighted: Predict = (x) => {
      const { logits, deltas } = pointAlongX(x);
      return { logits, deltas: tf.mul(deltas, tf.tensor1d([...weights])) };
    };
    const { boxes } = await detect(weighted, { views: [{ axes: [2, 0, 1], flips: [false, false, true] }], weights });
    // A voxel back, and half of the two more to either side.
    expect(boxes[1]! - plain.boxes[1]!).toBeCloseTo(-2, 4);
    expect(boxes[2]! - plain.boxes[2]!).toBeCloseTo(0, 4);
  });
  test("probabilities are averaged, deltas weighted by them", async () => {
    let call = 0;
    const said = [2, -1];
    const moody: Predict = (x) => {
      const { logits, deltas } = markSpots(x);
      const mine = said[call++ % 2]!;
      const isFirst = mine === 2;
      const values = tf.where(tf.greater(logits, 0), tf.fill(logits.shape, mine), logits) as tf.Tensor3D;
      return { logits: values, deltas: isFirst ? deltas : tf.add(deltas, tf.tensor1d([0, 0, 0.1, 0, 0, 0])) };
    };
    const [p, q] = said.map((logit) => 1 / (1 + Math.exp(-logit))) as [number, number];
    const still = symmetries[0]!;
    const plain = await detect(markSpots, { patchShape: [8, 8, 8], batch: 1 });
    const { scores, boxes } = await detect(moody, { views: [still, still], batch: 1 });
    expect(scores[0]).toBeCloseTo((p + q) / 2, 5);
    // The second view moves every box by a tenth of its anchor's edge along x, 3.3 or 5 or 7.1 voxels.
    const shift = (boxes[2]! - plain.boxes[2]!) / ((0.1 * q) / (p + q));
    expect(Math.min(...[3.3, 5, 7.1, 8].map((edge) => Math.abs(edge - shift)))).toBeLessThan(0.01);
  });
  test("leaks no tensor, and stops between views", async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    let calls = 0;
    const counting: Predict = (x) => {
      if (++calls === 2) controller.abort(new Error("enough"));
      return markSpots(x);
    };
    await expect(detect(counting, { views: symmetries, signal: controller.signal })).rejects.toThrow("enough");
    expect(calls).toBe(2);
    expect(tf.memory().numTensors).toBe(before);
  });
  test("what does not fit is named", async () => {
    const turn: PatchView = { axes: [0, 2, 1], flips: [false, false, false] };
    await expect(detect(markSpots, { views: [] })).rejects.toThrow("views is empty, expected at least one symmetry");
    await expect(detect(markSpots, { views: [{ axes: [0, 0, 1], flips: [false, false, false] }] })).rejects.toThrow(
      "view of axes [0,0,1] and 3 flips, expected an order of 0, 1, 2 and three flips",
    );
    const flat = {
      patchShape: [8, 8, 16] as const,
      anchors: generateAnchors({ shape: [8, 8, 16], levels: [{ stride: 4, sizes: [[4, 4, 4]] }] }),
    };
    await expect(detect(markSpots, { ...flat, views: [turn] })).rejects.toThrow(
      "view of axes [0,2,1] of a patch of [8, 8, 16], expected equal extents of the axes that it exchanges",
    );
    const plates = generateAnchors({ shape: patchShape, levels: [{ stride: 4, sizes: [[4, 4, 8]] }] });
    await expect(detect(markSpots, { anchors: plates, views: [turn] })).rejects.toThrow(
      "view of axes [0,2,1] takes anchor 0 onto none, expected anchors that it maps onto each other",
    );
    const broken: Predict = (x) => ({ ...markSpots(x), logits: tf.fill([x.shape[0], anchors.count, 1], Number.NaN) });
    await expect(detect(broken, { views: symmetries.slice(0, 2) })).rejects.toThrow("predict answered NaN for the patch at [0, 0, 0]");
  });
});
