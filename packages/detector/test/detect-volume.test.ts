import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createPyramidDetector,
  cubeSizes,
  type Detections,
  type DetectOptions,
  detectVolume as detect,
  encodeBoxes,
  generateAnchors,
  type Predict,
  type ScanInput,
  type Triple,
} from "../src/index.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

const stride = 4;
const levels = [{ stride, sizes: cubeSizes([4]) }];

/** A detector that marks every voxel above zero with a cube of 4 voxels around it; the voxel's value is its logit. */
const markSpots: Predict = (x) => {
  const [n, d, h, w] = x.shape;
  const count = (d * h * w) / stride ** 3;
  const logits = new Float32Array(n * count).fill(-9);
  const deltas = new Float32Array(6 * n * count);
  x.dataSync().forEach((value, i) => {
    if (value <= 0) return;
    const at = [Math.floor(i / h / w) % d, Math.floor(i / w) % h, i % w];
    const cell = at.map((p) => Math.floor(p / stride));
    const k = Math.floor(i / (d * h * w)) * count + (cell[0]! * (h / stride) + cell[1]!) * (w / stride) + cell[2]!;
    logits[k] = value;
    for (const axis of [0, 1, 2]) deltas[6 * k + axis] = (at[axis]! - (cell[axis]! * stride + 1.5)) / 4;
  });
  return { logits: tf.tensor3d(logits, [n, count, 1]), deltas: tf.tensor3d(deltas, [n, count, 6]) };
};

/** detectVolume with the anchors of `levels`. */
const detectVolume = (predict: Predict, input: ScanInput, options: Omit<DetectOptions, "anchors">): Promise<Detections> =>
  detect(predict, input, { ...options, anchors: generateAnchors({ shape: options.patchShape, levels }) });

function scanWith(shape: Triple, spots: readonly (readonly [number, number, number])[]): { data: Float32Array; shape: Triple } {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (const [i, [z, y, x]] of spots.entries()) data[(z * shape[1] + y) * shape[2] + x] = 5 - i;
  return { data, shape };
}
const centers = (boxes: Float32Array): number[][] =>
  Array.from({ length: boxes.length / 6 }, (_, k) =>
    [0, 1, 2].map((axis) => Math.round(5e3 * (boxes[6 * k + axis]! + boxes[6 * k + axis + 3]!)) / 1e4),
  );

describe("detectVolume", () => {
  test("finds every lesion once, wherever tiles meet", async () => {
    const axis = fc.record({
      extent: fc.integer({ min: 3, max: 30 }),
      patch: fc.constantFrom(8, 12, 16),
      share: fc.double({ min: 0, max: 0.9, noNaN: true }),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(axis, axis, axis, fc.integer({ min: 1, max: 4 }), async (z, y, x, batch) => {
        const axes = [z, y, x];
        const triple = (f: (a: typeof z) => number) => axes.map(f) as unknown as Triple;
        const spot = triple((a) => Math.floor(a.at * a.extent)) as [number, number, number];
        const { boxes, scores, labels } = await detectVolume(
          markSpots,
          scanWith(
            triple((a) => a.extent),
            [spot],
          ),
          {
            patchShape: triple((a) => a.patch),
            overlap: triple((a) => Math.floor(a.share * a.patch)),
            batch,
          },
        );
        expect(centers(boxes)).toEqual([spot]);
        expect(scores[0]).toBeCloseTo(1 / (1 + Math.exp(-5)), 6);
        expect(Array.from(labels)).toEqual([0]);
      }),
      { numRuns: 25 },
    );
  });
  test("gives the best first, as many as wanted", async () => {
    const scan = scanWith(
      [8, 8, 40],
      [
        [2, 2, 30],
        [4, 4, 4],
        [6, 6, 17],
      ],
    );
    const options = { patchShape: [8, 8, 16] as const, overlap: 8 - 1 };
    expect(centers((await detectVolume(markSpots, scan, options)).boxes)).toEqual([
      [2, 2, 30],
      [4, 4, 4],
      [6, 6, 17],
    ]);
    expect(centers((await detectVolume(markSpots, scan, { ...options, maxDetections: 1 })).boxes)).toEqual([[2, 2, 30]]);
    expect(centers((await detectVolume(markSpots, scan, { ...options, scoreThreshold: 1 / (1 + Math.exp(-4)) + 1e-6 })).boxes)).toEqual([
      [2, 2, 30],
    ]);
    expect((await detectVolume(markSpots, scan, { ...options, topK: 0 })).boxes).toHaveLength(0);
  });
  test("keeps to the mask, its margin, and predicts no patch without it", async () => {
    const scan = scanWith(
      [8, 8, 32],
      [
        [4, 4, 4],
        [4, 4, 20],
      ],
    );
    const mask = new Uint8Array(8 * 8 * 32);
    mask[(4 * 8 + 4) * 32 + 22] = 1;
    const totals: number[] = [];
    const found = async (maskMargin: number) => {
      const onProgress = ({ total }: { total: number }) => void totals.push(total);
      return centers((await detectVolume(markSpots, scan, { patchShape: [8, 8, 8], overlap: 0, mask, maskMargin, onProgress })).boxes);
    };
    expect(await found(0)).toEqual([]);
    expect(await found(1.9)).toEqual([]);
    expect(await found(2)).toEqual([[4, 4, 20]]);
    expect(await found(100)).toEqual([
      [4, 4, 4],
      [4, 4, 20],
    ]);
    expect(new Set(totals)).toEqual(new Set([1, 2, 4]));
  });
  test("fills what lies outside the scan, and drops centers there", async () => {
    const everywhere = await detectVolume(markSpots, scanWith([4, 4, 4], []), { patchShape: [12, 12, 12], fill: 1, iouThreshold: 1 });
    expect(everywhere.boxes).toHaveLength(0);
  });
  test.each(["nms", "weighted"] as const)("an empty scan, and one without voxels, have no boxes: %s", async (merge) => {
    for (const shape of [
      [8, 8, 8],
      [3, 20, 9],
      [0, 8, 8],
    ] as const) {
      const { boxes, scores, labels } = await detectVolume(markSpots, scanWith(shape, []), { patchShape: [8, 8, 8], merge });
      expect([boxes.length, scores.length, labels.length]).toEqual([0, 0, 0]);
    }
  });
  test.each(["nms", "weighted"] as const)("lesions in the corners of a scan are found where they are: %s", async (merge) => {
    const shape = [6, 9, 21] as const;
    const corners = [0, 5].flatMap((z) => [0, 8].flatMap((y) => [0, 20].map((x) => [z, y, x] as const)));
    const one = async (corner: (typeof corners)[number]) =>
      (await detectVolume(markSpots, scanWith(shape, [corner]), { patchShape: [8, 8, 8], merge })).boxes;
    // Boxes reach out of the scan as far as the lesion is thought to.
    for (const corner of corners) expect(centers(await one(corner))).toEqual([corner]);
  });
  test("a lesion larger than a patch is marked in parts, each inside it", async () => {
    // The network boxes whatever bright voxels it is shown.
    const markExtent: Predict = (x) => {
      const [n, d, h, w] = x.shape;
      const { boxes, count } = generateAnchors({ shape: [d, h, w], levels });
      const voxels = d * h * w;
      const values = x.dataSync();
      const logits = new Float32Array(n * count).fill(-9);
      const deltas = new Float32Array(6 * n * count);
      for (let b = 0; b < n; b++) {
        const along = Array.from({ length: w }, (_, i) => i).filter((i) => values[b * voxels + i]! > 0);
        if (along.length === 0) continue;
        const [first, last] = [along[0]!, along.at(-1)!];
        const k = Math.floor((first + last + 1) / 2 / stride);
        logits[b * count + k] = 2;
        const lesion = [-0.5, -0.5, first - 0.5, d - 0.5, h - 0.5, last + 0.5];
        deltas.set(encodeBoxes(boxes.subarray(6 * k, 6 * k + 6), lesion), 6 * (b * count + k));
      }
      return { logits: tf.tensor3d(logits, [n, count, 1]), deltas: tf.tensor3d(deltas, [n, count, 6]) };
    };
    const scan = { data: new Float32Array(4 * 4 * 60).fill(-1), shape: [4, 4, 60] as const };
    for (let i = 0; i < scan.data.length; i++) if (i % 60 >= 10 && i % 60 < 50) scan.data[i] = 1;
    const parts = async (iouThreshold: number, merge: "nms" | "weighted") => {
      const options = { patchShape: [4, 4, 24] as const, overlap: [0, 0, 12] as const, iouThreshold, merge };
      const { boxes, scores } = await detectVolume(markExtent, scan, options);
      const spans = Array.from(scores, (_, k) => [Math.round(boxes[6 * k + 2]! + 0.5), Math.round(boxes[6 * k + 5]! + 0.5)]);
      return spans.sort((a, b) => a[0]! - b[0]!);
    };
    // Patches from 0, 12, 24 and 36 show 10 to 24, 12 to 36, 24 to 48 and 36 to 50; neighbors have IoUs of 0.46, 0.33 and 0.46.
    const all = [
      [10, 24],
      [12, 36],
      [24, 48],
      [36, 50],
    ];
    expect(await parts(0.5, "nms")).toEqual(all);
    expect(await parts(0.5, "weighted")).toEqual(all);
    expect(await parts(0.1, "nms")).toEqual([all[0], all[2]]);
    expect(await parts(0.1, "weighted")).toHaveLength(2);
    // A patch that holds the lesion gives it whole.
    const whole = await detectVolume(markExtent, scan, { patchShape: [4, 4, 60] });
    expect(Array.from(whole.boxes.subarray(0, 6), (c) => Math.round(10 * c) / 10)).toEqual([-0.5, -0.5, 9.5, 3.5, 3.5, 49.5]);
  });
  test("weighted: a place that one of two patches marks has half the score, one that both mark has all of it", async () => {
    // Patches from 0 and 6 answer both for centers from 6 to 7; the half-blind network sees only the left half of what it is shown.
    const scan = scanWith([8, 8, 14], [[4, 4, 7]]);
    const options = { patchShape: [8, 8, 8] as const, overlap: 2, merge: "weighted" as const };
    const halfBlind: Predict = (x) =>
      markSpots(tf.concat([tf.slice(x, [0, 0, 0, 0, 0], [-1, -1, -1, 4, -1]), tf.zeros([x.shape[0], 8, 8, 4, 1])], 3));
    const p = 1 / (1 + Math.exp(-5));
    const both = await detectVolume(markSpots, scan, options);
    expect(both.scores[0]).toBeCloseTo(p, 6);
    const one = await detectVolume(halfBlind, scan, options);
    expect(one.scores[0]).toBeCloseTo(p / 2, 6);
    expect(centers(one.boxes)).toEqual([[4, 4, 7]]);
    // Where one patch alone answers, it is not asked for more.
    const alone = await detectVolume(halfBlind, scanWith([8, 8, 14], [[4, 4, 2]]), options);
    expect(alone.scores[0]).toBeCloseTo(p, 6);
  });
  test("the best of each level of a patch are taken, so that one level does not crowd out another", async () => {
    const anchors = generateAnchors({
      shape: [8, 8, 8],
      levels: [
        { stride: 4, sizes: cubeSizes([4]) },
        { stride: 8, sizes: cubeSizes([8]) },
      ],
    });
    const everywhere: Predict = () => ({
      logits: tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 0.5], [1, 9, 1]),
      deltas: tf.zeros([1, 9, 6]),
    });
    const options = { patchShape: [8, 8, 8] as const, anchors, topK: 2, iouThreshold: 1 };
    const { scores } = await detect(everywhere, scanWith([8, 8, 8], []), options);
    expect(Array.from(scores, (p) => Math.round(100 * Math.log(p / (1 - p))) / 100)).toEqual([8, 7, 0.5]);
  });
  test("leaks no tensor, and reports progress batch by batch", async () => {
    const detector = createPyramidDetector({ channels: [4, 4], pyramidChannels: 4, levels: [{ stride: 4, sizes: cubeSizes([4]) }] });
    const before = tf.memory().numTensors;
    const done: number[] = [];
    const data = Float32Array.from({ length: 8 * 8 * 20 }, (_, i) => Math.sin(i));
    const result = await detectVolume(
      detector.predict,
      { data, shape: [8, 8, 20] },
      { patchShape: [8, 8, 8], overlap: 2, batch: 2, scoreThreshold: 0, onProgress: (p) => done.push(p.done) },
    );
    expect(tf.memory().numTensors).toBe(before);
    expect(done).toEqual([0, 2, 3]);
    expect(result.scores.length).toBeGreaterThan(0);
    expect(Array.from(result.scores)).toEqual(Array.from(result.scores).sort((a, b) => b - a));
    detector.dispose();
  });
  test("several classes do not remove each other, several channels are kept together", async () => {
    const twin: Predict = (x) => {
      const { logits, deltas } = markSpots(tf.slice(x, [0, 0, 0, 0, 1], [-1, -1, -1, -1, 1]));
      return { logits: tf.concat([tf.sub(logits, 1), logits], 2), deltas };
    };
    const { data, shape } = scanWith([8, 8, 8], [[3, 4, 5]]);
    const two = new Float32Array(2 * data.length).map((_, i) => (i % 2 === 1 ? data[i >> 1]! : 7));
    const { labels, boxes } = await detectVolume(twin, { data: two, shape, channels: 2 }, { patchShape: [8, 8, 8] });
    expect(Array.from(labels)).toEqual([1, 0]);
    expect(centers(boxes)).toEqual([
      [3, 4, 5],
      [3, 4, 5],
    ]);
  });
  test("stops when it is told to, with other tasks in between", async () => {
    const controller = new AbortController();
    const before = tf.memory().numTensors;
    const seen: number[] = [];
    const work = detectVolume(markSpots, scanWith([8, 8, 800], []), {
      patchShape: [8, 8, 8],
      overlap: 0,
      signal: controller.signal,
      onProgress: ({ done }) => seen.push(done),
    });
    setTimeout(() => controller.abort(new Error("enough")), 5);
    await expect(work).rejects.toThrow("enough");
    expect(seen.at(-1)).toBeLessThan(100);
    expect(tf.memory().numTensors).toBe(before);
  });
  test("what does not fit is named", async () => {
    const scan = scanWith([8, 8, 8], []);
    const run = (input: Partial<typeof scan>, options: object, predict = markSpots) =>
      detectVolume(predict, { ...scan, ...input }, { patchShape: [8, 8, 8], ...options });
    await expect(run({ shape: [8, 8, 9] }, {})).rejects.toThrow("data has 512 numbers, expected 576 for shape [8, 8, 9] and 1 channels");
    await expect(run({}, { mask: new Uint8Array(3) })).rejects.toThrow("mask has 3 numbers, expected 512");
    await expect(run({}, { overlap: 8 })).rejects.toThrow(
      "overlap 8 along axis 0, expected a whole number from 0 to less than the patch's 8",
    );
    await expect(run({}, { merge: "union" })).rejects.toThrow('merge union, expected "nms" or "weighted"');
    await expect(run({}, { batch: 0 })).rejects.toThrow("batch 0, expected a positive integer");
    await expect(run({}, { scoreThreshold: 2 })).rejects.toThrow("scoreThreshold 2, expected a number in [0, 1]");
    const before = tf.memory().numTensors;
    const broken =
      (logits: () => tf.Tensor3D): Predict =>
      (x) => ({ ...markSpots(x), logits: logits() });
    await expect(
      run(
        {},
        {},
        broken(() => tf.fill([1, 8, 1], Number.NaN)),
      ),
    ).rejects.toThrow("predict answered NaN for the patch at [0, 0, 0]");
    await expect(
      run(
        {},
        {},
        broken(() => tf.zeros([1, 7, 1])),
      ),
    ).rejects.toThrow("predict answered for 7 and 8 anchors, expected 8 as anchors says");
    expect(tf.memory().numTensors).toBe(before);
  });
});
