import { createHash } from "node:crypto";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { Conv3dLayer } from "../src/conv3d-layer.js";
import { createPyramidDetector, cubeSizes, type PyramidConfig, resnet50Preset, slimPreset } from "../src/index.js";
import { maxDifference } from "./fixture.js";
import { networkGradientCase } from "./network-gradient-case.js";
import { parameterCount } from "./parameter-count.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

const small = {
  channels: [4, 4],
  levels: [
    { stride: 2, sizes: cubeSizes([3]) },
    { stride: 4, sizes: cubeSizes([6]) },
  ],
  pyramidChannels: 4,
  groups: 2,
};
const input = (seed: number): tf.Tensor5D => tf.randomNormal([1, 8, 8, 8, 1], 0, 1, "float32", seed);

/** ResNet-50 in the small: four stages with one voxel left at the top of a patch of 32, ten blocks, three levels. */
const smallBottleneck: Partial<PyramidConfig> = {
  ...resnet50Preset,
  channels: [8, 8, 16, 16],
  blocksPerStage: [2, 3, 3, 2],
  pyramidChannels: 4,
  groups: 2,
  headDepth: 2,
};

test.each(["basic", "bottleneck"] as const)(
  "predictions and gradients of a whole tiny network of %s blocks agree with float64",
  (block) => {
    const before = tf.memory().numTensors;
    const { predictionError, gradientError, derivatives, worst } = networkGradientCase(tf, { block, perWeight: block === "basic" ? 2 : 1 });
    expect(predictionError).toBeLessThan(1e-5);
    expect(gradientError, worst).toBeLessThan(1e-4);
    expect(derivatives).toBeGreaterThan(50);
    expect(tf.memory().numTensors).toBe(before);
  },
);

describe("createPyramidDetector", () => {
  test("the slim preset has the parameters of the study's network, and answers with its prior", () => {
    const { model, dispose, predict } = createPyramidDetector();
    expect(model.countParams()).toBe(242549);
    tf.tidy(() => {
      const p = tf.sigmoid(predict(tf.randomNormal([1, 8, 8, 8, 1], 0, 1, "float32", 1)).logits).dataSync();
      for (const value of p) expect(Math.abs(value - slimPreset.prior)).toBeLessThan(0.005);
    });
    dispose();
  });
  test("the weights of the slim preset stay what they are, for the runs that were made with them", () => {
    const { model, dispose } = createPyramidDetector();
    const hash = createHash("sha256");
    for (const weight of model.weights) {
      hash.update(weight.originalName);
      hash.update(new Uint8Array((weight.read().dataSync() as Float32Array).slice().buffer));
    }
    dispose();
    // Of the commit before bottlenecks were there.
    expect(hash.digest("hex")).toBe("52231e13f72986676524df37c2178957d38901451b1f69c991a81b2a6a0f337f");
  });
  test("the numbers of parameters are those counted from the description", () => {
    expect(parameterCount(slimPreset)).toBe(242549);
    const variants: Partial<PyramidConfig>[] = [
      small,
      smallBottleneck,
      { ...smallBottleneck, towers: "shared", inputChannels: 3, classes: 2 },
    ];
    for (const variant of variants) {
      const { model, config, dispose } = createPyramidDetector(variant);
      expect(model.countParams()).toBe(parameterCount(config));
      dispose();
    }
    expect(parameterCount(resnet50Preset)).toBe(54_681_237);
  });
  test("ResNet-50 has 54.7 million parameters in 53 convolutions of its backbone, four laterals, two towers and two outputs", () => {
    const { model, multiple, dispose } = createPyramidDetector(resnet50Preset);
    expect(model.countParams()).toBe(54_681_237);
    expect(model.weights.filter(({ originalName }) => originalName.endsWith("/kernel"))).toHaveLength(53 + 4 + 2 * 4 + 2);
    expect(multiple).toBe(32);
    dispose();
  }, 60_000);
  test("the same seed gives the same weights, another seed others, and zero is a seed", () => {
    const weights = (seed: number) => {
      const { model, dispose } = createPyramidDetector({ ...small, seed });
      const values = model.weights.map((w) => Array.from(w.read().dataSync()));
      dispose();
      return values;
    };
    expect(weights(0)).toEqual(weights(0));
    expect(weights(1)).not.toEqual(weights(0));
  });
  test("weights have unique names that do not depend on how many networks there were", () => {
    const names = () => {
      const { model, dispose } = createPyramidDetector(small);
      const result = model.weights.map((w) => w.originalName);
      dispose();
      return result;
    };
    expect(new Set(names()).size).toBe(names().length);
    expect(names()).toEqual(names());
    expect(names().slice(0, 4)).toMatchInlineSnapshot(`
      [
        "stage1_down/kernel",
        "stage1_norm/gamma",
        "stage1_norm/beta",
        "stage1_block1_conv1/kernel",
      ]
    `);
  });
  test("predictions lie in the order of the anchors: a bright voxel changes most the answers of anchors near it", () => {
    const { dispose, predict, anchors } = createPyramidDetector({ ...small, channels: [4], levels: [small.levels[0]!] });
    const [shape, spot] = [
      [8, 16, 24],
      [2, 12, 7],
    ] as const;
    const volume = new Float32Array(8 * 16 * 24);
    volume[(spot[0] * 16 + spot[1]) * 24 + spot[2]] = 5;
    const { boxes, count } = anchors(shape);
    const answers = tf.tidy(() => Float32Array.from(predict(tf.tensor5d(volume, [1, ...shape, 1])).logits.dataSync()));
    dispose();
    expect(answers).toHaveLength(count);
    const median = answers.slice().sort()[count >> 1]!;
    const strongest = answers.reduce((best, v, k) => (Math.abs(v - median) > Math.abs(answers[best]! - median) ? k : best), 0);
    for (const axis of [0, 1, 2]) {
      const center = (boxes[6 * strongest + axis]! + boxes[6 * strongest + axis + 3]!) / 2;
      expect(Math.abs(center - spot[axis]!)).toBeLessThanOrEqual(6);
    }
  });
  test.each(
    [0, 1, 2].flatMap((axis) => [
      { axis, block: "basic" as const },
      { axis, block: "bottleneck" as const },
    ]),
  )(
    "with kernels made symmetric along axis $axis, a flip of the input flips the predictions on the anchor grid: $block blocks",
    ({ axis, block }) => {
      const isBasic = block === "basic";
      const edge = isBasic ? 8 : 32;
      const { model, dispose, predict, anchors } = createPyramidDetector(isBasic ? small : smallBottleneck);
      tf.tidy(() => {
        for (const weight of model.weights) {
          const kernel = weight.read();
          if (kernel.rank === 5) weight.write(tf.div(tf.add(kernel, tf.reverse(kernel, axis)), 2));
        }
        const x = tf.randomNormal<tf.Rank.R5>([1, edge, edge, edge, 1], 0, 1, "float32", 3);
        const straight = predict(x).logits.dataSync();
        const flipped = predict(tf.reverse(x, axis + 1)).logits.dataSync();
        const { boxes, count } = anchors([edge, edge, edge]);
        const key = (box: ArrayLike<number>) => Array.from(box, (c) => c.toFixed(3)).join(" ");
        const index = new Map(Array.from({ length: count }, (_, k) => [key(boxes.subarray(6 * k, 6 * k + 6)), k]));
        const mapped = Array.from({ length: count }, (_, k) => {
          const box = boxes.slice(6 * k, 6 * k + 6);
          [box[axis], box[axis + 3]] = [edge - 1 - box[axis + 3]!, edge - 1 - box[axis]!];
          return flipped[index.get(key(box))!]!;
        });
        expect(maxDifference(mapped, straight)).toBeLessThan(1e-5);
        expect(maxDifference(flipped, straight)).toBeGreaterThan(1e-3);
      });
      dispose();
    },
  );
  test("predicting keeps nothing but its results", () => {
    const { dispose, predict } = createPyramidDetector(small);
    const x = input(1);
    const before = tf.memory().numTensors;
    const { logits, deltas } = predict(x);
    expect(tf.memory().numTensors).toBe(before + 2);
    const { grads, value } = tf.variableGrads(() => tf.sum(predict(x).logits));
    expect(tf.memory().numTensors).toBe(before + 2 + 1 + Object.keys(grads).length);
    tf.dispose([logits, deltas, x, grads, value]);
    dispose();
  });
  test("what does not fit is named", () => {
    expect(() => createPyramidDetector({ channels: [16, 30] })).toThrow("channels 30, expected a positive multiple of groups (4)");
    expect(() => createPyramidDetector({ levels: [{ stride: 16, sizes: cubeSizes([5]) }] })).toThrow(
      "stride 16 of a level, expected one of the backbone's: 2, 4, 8",
    );
    expect(() => createPyramidDetector({ levels: [] })).toThrow("levels is empty");
    expect(() => createPyramidDetector({ prior: 1 })).toThrow("prior 1, expected");
    expect(() => createPyramidDetector({ seed: -1 })).toThrow("seed -1, expected");
    expect(() => createPyramidDetector({ ...resnet50Preset, channels: [64, 128], blocksPerStage: 1 })).toThrow(
      "channels 64 of bottlenecks, expected a positive multiple of 4 times groups (128)",
    );
    expect(() => createPyramidDetector({ blocksPerStage: [1, 2] })).toThrow("blocksPerStage has 2 numbers, expected 3, one a stage");
    expect(() => createPyramidDetector({ blocksPerStage: 0 })).toThrow("blocksPerStage 0, expected a positive integer");
    expect(() => createPyramidDetector({ block: "wide" as never })).toThrow('block wide, expected "basic" or "bottleneck"');
    expect(() => createPyramidDetector({ towers: "two" as never })).toThrow('towers two, expected "shared" or "separate"');
    expect(() => createPyramidDetector({ ...resnet50Preset, levels: [{ stride: 2, sizes: cubeSizes([5]) }] })).toThrow(
      "stride 2 of a level, expected one of the backbone's: 4, 8, 16, 32",
    );
    expect(() => createPyramidDetector({ classes: 0 })).toThrow("classes 0, expected");
    expect(() => createPyramidDetector({ levels: [small.levels[0]!, { stride: 4, sizes: cubeSizes([5, 8]) }] })).toThrow(
      "levels have different numbers of sizes",
    );
    expect(() => new Conv3dLayer({ name: "c", filters: 1, kernelSize: 1, stride: 2, deviation: () => 1, seed: 1 })).toThrow(
      "kernelSize 1 at stride 2",
    );
    const { dispose, predict } = createPyramidDetector(small);
    tf.tidy(
      () =>
        void expect(() => predict(tf.zeros([1, 8, 8, 6, 1]))).toThrow(
          "input of shape [1, 8, 8, 6, 1], expected [batch, z, y, x, 1] with multiples of 4",
        ),
    );
    dispose();
  });
});
