// The functions of other packages that ask for this package's kernels: with them on the native engine, and composed on the plain one.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, numbers } from "../../../test/double.js";
import { groupNorm, upsampleNearest3d } from "../../detector/src/index.js";
import { stride2Conv3d } from "../../detector/src/stride-2-conv3d.js";
import { softTargetFocalLoss } from "../../losses/src/index.js";
import { detectionLoss } from "../../methods/src/index.js";
import { clipByGlobalNorm, createAdamW, createEma, createSgd, lossGradients } from "../../training/src/index.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

const tensor = (shape: number[], seed: number): tf.Tensor => tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);

/** Runs the same on both backends and gives the kernels that the native one was asked for. */
async function onBoth(run: () => tf.Tensor[]): Promise<{ gaps: number[]; kernels: string[] }> {
  const results: Float32Array[][] = [];
  let kernels: string[] = [];
  for (const backend of ["cpu", "tensorflow"]) {
    await tf.setBackend(backend);
    let tensors: tf.Tensor[] = [];
    const { kernelNames } = await tf.profile(() => {
      tensors = run();
    });
    kernels = kernelNames.filter((name) => name.startsWith("Gleaner"));
    results.push(tensors.map((t) => t.dataSync() as Float32Array));
  }
  const [plain, native] = results as [Float32Array[], Float32Array[]];
  return { gaps: plain.map((values, i) => distance(values, native[i]!)), kernels };
}

/** The value of f and its gradients for a weighting of its outputs. */
function valueAndGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  const y = f(...inputs);
  return [y, ...tf.grads((...all) => tf.sum(tf.mul(f(...all), tensor(y.shape, 99))))(inputs)];
}

describe.runIf(paired)(withEngine("functions that use kernels where they are"), () => {
  beforeAll(startEngine);

  test.each([{}, { gamma: 1.5, alpha: [0.3, 0.6] as const }, { softAlpha: false, softBeta: false }])(
    "softTargetFocalLoss with %o",
    async (options) => {
      const { gaps, kernels } = await onBoth(() => {
        const targets = tf.abs(tensor([7, 9], 1));
        const logits = tf.mul(tensor([7, 9], 2), 9);
        return valueAndGradients((x) => softTargetFocalLoss(targets, x!, options), [logits]);
      });
      for (const gap of gaps) expect(gap).toBeLessThan(3e-6);
      expect(new Set(kernels)).toEqual(new Set(["GleanerSoftTargetFocalLoss"]));
    },
  );

  test.each([
    { labeledCount: 2, unlabeledWeight: 3 },
    { labeledCount: 0 },
    { focal: { alpha: [0.25, 0.75] as const, gamma: 1.5, softBeta: false }, boxWeight: 2, boxBeta: 1 },
  ])("detectionLoss with %o, its parts and the gradients of all of them", async (options) => {
    const flat = (seed: number): tf.Tensor2D => tf.abs(tensor([3, 7], seed)) as tf.Tensor2D;
    const { gaps, kernels } = await onBoth(() => {
      const batch = {
        patches: tf.zeros<tf.Rank.R5>([3, 1, 1, 1, 1]),
        targets: flat(1),
        weights: tf.round(flat(2)) as tf.Tensor2D,
        positives: tf.round(flat(3)) as tf.Tensor2D,
        deltas: tensor([3, 7, 6], 4) as tf.Tensor3D,
      };
      const inputs = [tf.mul(tensor([3, 7, 1], 5), 9), tensor([3, 7, 6], 6)];
      return valueAndGradients((logits, deltas) => {
        const loss = detectionLoss(() => ({ logits: logits as tf.Tensor3D, deltas: deltas as tf.Tensor3D }), batch, options);
        return tf.stack([loss.total, loss.classification, loss.box, loss.unlabeled]);
      }, inputs);
    });
    for (const gap of gaps) expect(gap).toBeLessThan(1e-5);
    expect(new Set(kernels)).toEqual(new Set(["GleanerDetectionLoss", "GleanerDetectionLossGrad"]));
  });

  test("detectionLoss says what is wrong where a kernel could not", () => {
    const flat = tf.zeros<tf.Rank.R2>([1, 2]);
    const batch = {
      patches: tf.zeros<tf.Rank.R5>([1, 1, 1, 2, 1]),
      targets: flat,
      weights: flat,
      positives: flat,
      deltas: tf.zeros<tf.Rank.R3>([1, 2, 6]),
    };
    const predict = () => ({ logits: tf.zeros<tf.Rank.R3>([1, 2, 1]), deltas: tf.zeros<tf.Rank.R3>([1, 2, 6]) });
    expect(() => detectionLoss(predict, batch, { focal: { gamma: -1 } })).toThrow("gamma is -1; expected a finite number of at least 0");
    expect(() => detectionLoss(predict, batch, { boxBeta: 0 })).toThrow("beta is 0; expected a finite number above 0");
  });

  test("upsampleNearest3d", async () => {
    const { gaps, kernels } = await onBoth(() =>
      valueAndGradients((x) => upsampleNearest3d(x as tf.Tensor5D), [tensor([2, 2, 3, 2, 5], 1)]),
    );
    for (const gap of gaps) expect(gap).toBeLessThan(1e-5);
    expect(new Set(kernels)).toEqual(new Set(["GleanerUpsampleNearest3d", "GleanerUpsampleNearest3dGrad"]));
  });

  test.each([2, 4])("a convolution at stride 2 with a kernel of %d", async (k) => {
    const { gaps, kernels } = await onBoth(() =>
      valueAndGradients(
        (x, w) => stride2Conv3d(x as tf.Tensor5D, w as tf.Tensor5D),
        [tensor([2, 4, 6, 4, 3], 1), tensor([k, k, k, 3, 5], 2)],
      ),
    );
    for (const gap of gaps) expect(gap).toBeLessThan(1e-4);
    expect(new Set(kernels)).toEqual(new Set(["GleanerBlocksToChannels", "GleanerChannelsToBlocks"]));
  });

  test("the end of a residual block", async () => {
    const inputs = (): tf.Tensor[] => [tensor([2, 3, 4, 2, 8], 1), tensor([8], 2), tensor([8], 3), tensor([2, 3, 4, 2, 8], 4)];
    const { gaps, kernels } = await onBoth(() =>
      valueAndGradients(
        (x, gamma, beta, residual) =>
          groupNorm(x!, gamma as tf.Tensor1D, beta as tf.Tensor1D, { groups: 4, activation: "relu", residual: residual! }),
        inputs(),
      ),
    );
    for (const gap of gaps) expect(gap).toBeLessThan(5e-5);
    expect(new Set(kernels)).toEqual(new Set(["GleanerGroupNormAddRelu", "GleanerGroupNormAddReluGrad"]));
  });

  test.each([
    ["AdamW", () => createAdamW({ weightDecay: 0.1, exclude: (name) => name === "bias" }), "GleanerAdamWUpdate"],
    ["SGD", () => createSgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 }), "GleanerSgdUpdate"],
    ["plain SGD", () => createSgd({ weightDecay: 0.01 }), "GleanerSgdUpdate"],
  ] as const)("steps of clipping, %s and the average, with nothing left behind", async (_, create, kernel) => {
    let left = 0;
    const { gaps, kernels } = await onBoth(() => {
      const variables = {
        kernel: tf.variable(tensor([30, 400], 1)),
        bias: tf.variable(tensor([400], 2)),
        scale: tf.variable(tf.scalar(1)),
      };
      const [optimizer, ema] = [create(), createEma(variables, { decay: 0.7 })];
      const x = tensor([5, 30], 3) as tf.Tensor2D;
      const step = (): void => {
        const { value, gradients } = lossGradients(() => {
          const y = tf.add(tf.matMul(x, variables.kernel as unknown as tf.Tensor2D), variables.bias);
          return tf.sum(tf.mul(tf.square(y), variables.scale));
        }, variables);
        const clipped = clipByGlobalNorm(gradients, 1);
        optimizer.apply(variables, clipped.gradients, 0.05);
        ema.update();
        tf.dispose([value, gradients, clipped.gradients, clipped.norm]);
      };
      step();
      const before = tf.memory().numTensors;
      for (let i = 0; i < 4; i++) step();
      left += tf.memory().numTensors - before;
      return [...Object.values(variables), ...Object.values(ema.snapshot()), ...Object.values(optimizer.snapshot())];
    });
    for (const gap of gaps) expect(gap).toBeLessThan(1e-5);
    expect(left).toBe(0);
    expect(new Set(kernels)).toEqual(new Set(["GleanerClipByGlobalNorm", kernel, "GleanerEmaUpdate"]));
  });

  test("a clone of a variable keeps its numbers when the variable is trained", () => {
    const w = tf.variable(tf.ones([3]));
    const [clone, optimizer] = [tf.clone(w), createSgd({ momentum: 0.9 })];
    const snapshots = [1, 2].map(() => {
      optimizer.apply({ w }, { w: tf.ones([3]) }, 0.5);
      return optimizer.snapshot()["momentum/w"]!;
    });
    expect([clone, ...snapshots].map((t) => t.dataSync()[0])).toEqual([1, 1, Math.fround(1.9)]);
    expect(w.dataSync()[0]).toBeCloseTo(-0.45, 6);
  });
});
