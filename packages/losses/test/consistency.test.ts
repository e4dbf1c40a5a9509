import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignDistribution, hardCrossEntropy, klDivergence, movingMean, pseudoLabels, sharpen, softCrossEntropy } from "../src/index.js";
import fixture from "./fixtures/losses.json" with { type: "json" };
import { expectClose, onEachBackend } from "./helpers.js";

const value = (scalar: tf.Tensor): number => scalar.dataSync()[0]!;
const tolerance = 1e-6;

onEachBackend(() => {
  describe.each(fixture.cases)("$C classes, batch $B, as TorchSSL and USB", (vector) => {
    /** Runs with the vector's tensors, in a tidy. */
    const withTensors = (f: (t: { weak: tf.Tensor2D; strong: tf.Tensor2D; p: tf.Tensor2D }) => void): void => {
      tf.tidy(() => {
        const weak = tf.tensor2d(vector.logits_weak);
        f({ weak, strong: tf.tensor2d(vector.logits_strong), p: tf.softmax(weak) });
      });
    };
    const flexible = (tau: number): number[] => vector.beta.map((beta) => (tau * beta) / (2 - beta));

    it("supervised", () => {
      withTensors(({ strong }) => {
        expectClose([value(hardCrossEntropy(tf.tensor1d(vector.labels, "int32"), strong))], [vector.ce_labels_mean], tolerance);
      });
    });

    it.each(["0.5", "0.8", "0.95"] as const)("every method at τ %s", (name) => {
      const tau = Number(name);
      withTensors(({ weak, strong, p }) => {
        const fixed = pseudoLabels(p, tau);
        const flex = pseudoLabels(p, flexible(tau));
        const soft = (t: number): tf.Tensor2D => tf.softmax(tf.div(weak, t)) as tf.Tensor2D;
        const hard = vector[`fixmatch_hard_tau${name}`];
        expect(Array.from(fixed.labels.dataSync())).toEqual(hard.pseudo);
        expect(Array.from(fixed.mask.dataSync())).toEqual(hard.select);
        expectClose(
          [value(tf.mean(fixed.mask)), value(tf.mean(flex.mask))],
          [hard.mask_mean, vector[`flexmatch_hard_tau${name}`].mask_mean],
          tolerance,
        );
        const losses = {
          fixMatch: value(hardCrossEntropy(fixed.labels, strong, fixed.mask)),
          fixMatchSoft: value(softCrossEntropy(soft(0.5), strong, fixed.mask)),
          fixMatchSharpened: value(softCrossEntropy(sharpen(p, 0.5) as tf.Tensor2D, strong, fixed.mask)),
          flexMatch: value(hardCrossEntropy(flex.labels, strong, flex.mask)),
          uda: value(softCrossEntropy(soft(0.4), strong, fixed.mask)),
          flexUda: value(softCrossEntropy(soft(0.4), strong, flex.mask)),
          udaKl: value(klDivergence(soft(0.4), strong, fixed.mask)),
          pl: value(hardCrossEntropy(fixed.labels, weak, fixed.mask)),
          flexPl: value(hardCrossEntropy(flex.labels, weak, flex.mask)),
          unsharpened: value(softCrossEntropy(p, strong, fixed.mask)),
        };
        const expected: typeof losses = {
          fixMatch: hard.loss,
          fixMatchSoft: vector[`fixmatch_soft_T0.5_tau${name}`].loss,
          fixMatchSharpened: vector[`fixmatch_soft_T0.5_tau${name}`].loss,
          flexMatch: vector[`flexmatch_hard_tau${name}`].loss,
          uda: vector[`uda_T0.4_tau${name}`].loss,
          flexUda: vector[`flexuda_T0.4_tau${name}`].loss,
          udaKl: vector[`uda_kld_T0.4_tau${name}`].loss,
          pl: vector[`pl_tau${name}`].loss,
          flexPl: vector[`flexpl_tau${name}`].loss,
          unsharpened: vector[`usb_softnosharpen_tau${name}`],
        };
        for (const key of Object.keys(losses) as (keyof typeof losses)[]) {
          expect(Math.abs(losses[key] - expected[key]), `${key}: ${losses[key]} against ${expected[key]}`).toBeLessThan(tolerance);
        }
      });
    });

    it("gradients", () => {
      withTensors(({ weak, strong, p }) => {
        const { labels, mask } = pseudoLabels(p, flexible(0.5));
        const flexMatch = tf.grad((z) => hardCrossEntropy(labels, z as tf.Tensor2D, mask))(strong);
        expectClose(flexMatch.dataSync(), vector["grad_flexmatch_tau0.5"].flat(), tolerance);
        const targets = tf.softmax(tf.div(weak, 0.4)) as tf.Tensor2D;
        const fixed = pseudoLabels(p, 0.5).mask;
        for (const loss of [softCrossEntropy, klDivergence]) {
          const uda = tf.grad((z) => loss(targets, z as tf.Tensor2D, fixed))(strong);
          expectClose(uda.dataSync(), vector["grad_uda_tau0.5"].flat(), tolerance);
        }
      });
    });

    it("distribution alignment over two steps", () => {
      withTensors(({ strong, p }) => {
        const uniform = tf.fill([vector.C], 1 / vector.C) as tf.Tensor1D;
        const step = (mean: tf.Tensor1D, probabilities: tf.Tensor2D): number => {
          const { labels, mask } = pseudoLabels(alignDistribution(probabilities, mean, uniform), flexible(0.8));
          return value(hardCrossEntropy(labels, strong, mask));
        };
        const first = movingMean(null, p);
        const { p_model, loss } = vector["flexmatch_useDA_tau0.8"];
        expectClose(first.dataSync(), p_model, tolerance);
        expectClose(alignDistribution(p, first, uniform).dataSync(), vector.da_first_step_uniform_target.flat(), tolerance);
        expectClose([step(first, p)], [loss], tolerance);
        const next = vector["flexmatch_useDA_step2_tau0.8"];
        const p2 = tf.softmax(tf.tensor2d(next.logits_weak));
        const second = movingMean(first, p2);
        expectClose(second.dataSync(), next.p_model, tolerance);
        expectClose([step(second, p2)], [next.loss], tolerance);
      });
    });
  });

  it("divides by the whole batch, however few the mask leaves", () => {
    tf.tidy(() => {
      const labels = tf.tensor1d([0, 0, 0, 0], "int32");
      const logits = tf.zeros([4, 2]) as tf.Tensor2D;
      expectClose([value(hardCrossEntropy(labels, logits, tf.tensor1d([1, 0, 0, 0])))], [Math.LN2 / 4], 1e-7);
      expect(value(hardCrossEntropy(labels, logits, tf.zeros([4])))).toBe(0);
      expectClose([value(hardCrossEntropy(labels, logits, tf.tensor1d([true, true, false, false], "bool")))], [Math.LN2 / 2], 1e-7);
    });
  });

  it("is 0 for an empty batch", () => {
    tf.tidy(() => {
      const none = tf.zeros([0, 3]) as tf.Tensor2D;
      expect(value(hardCrossEntropy(tf.tensor1d([], "int32"), none))).toBe(0);
      expect(value(softCrossEntropy(none, none))).toBe(0);
    });
  });

  it("stays finite at logits of ±1000, value and gradient", () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([[1000, -1000]]);
      const loss = (z: tf.Tensor): tf.Scalar => hardCrossEntropy(tf.tensor1d([1], "int32"), z as tf.Tensor2D);
      expectClose([value(loss(logits))], [2000], 1e-3);
      expectClose(tf.grad(loss)(logits).dataSync(), [1, -1], 1e-6);
    });
  });

  it("has the gradient of finite differences for targets of any sum", () => {
    const logit = fc.double({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(logit, logit, logit), fc.tuple(logit, logit, logit), (z, y) => {
        const targets = y.map(Math.abs);
        const reference = (x: readonly number[]): number => {
          const logSum = Math.log(x.reduce((sum, v) => sum + Math.exp(v), 0));
          return x.reduce((sum, v, c) => sum - targets[c]! * (v - logSum), 0);
        };
        const numeric = z.map((_, c) => {
          const at = (h: number): number => reference(z.map((v, k) => (k === c ? v + h : v)));
          return (at(1e-5) - at(-1e-5)) / 2e-5;
        });
        tf.tidy(() => {
          const gradient = tf.grad((x) => softCrossEntropy(tf.tensor2d([targets]), x as tf.Tensor2D))(tf.tensor2d([z]));
          expectClose(gradient.dataSync(), numeric, 1e-4);
        });
      }),
    );
  });

  it("has a divergence of 0 where predictions agree, and never a NaN for hard targets", () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([[0.3, -1, 2]]);
      expectClose([value(klDivergence(tf.softmax(logits) as tf.Tensor2D, logits))], [0], 1e-6);
      const oneHot = tf.tensor2d([[0, 0, 1]]);
      expectClose([value(klDivergence(oneHot, logits))], [value(softCrossEntropy(oneHot, logits))], 1e-6);
    });
  });

  it("leaves one tensor to the caller, three with pseudoLabels", () => {
    const logits = tf.tensor2d([[0.3, -1, 2]]);
    const before = tf.memory().numTensors;
    const loss = klDivergence(logits, logits);
    expect(tf.memory().numTensors).toBe(before + 1);
    const guess = pseudoLabels(logits, [0, 0, 0]);
    expect(tf.memory().numTensors).toBe(before + 4);
    tf.dispose([logits, loss, guess.labels, guess.confidences, guess.mask]);
  });

  it("names what is wrong with its arguments", () => {
    tf.tidy(() => {
      const logits = tf.zeros([2, 3]) as tf.Tensor2D;
      const labels = tf.tensor1d([0, 1], "int32");
      const three = tf.zeros([3]) as tf.Tensor1D;
      expect(() => hardCrossEntropy(three, logits)).toThrow(new RangeError("labels is [3]; expected [2], one for each row of logits"));
      expect(() => hardCrossEntropy(labels, logits, three)).toThrow(/mask is \[3\]/);
      expect(() => hardCrossEntropy(labels, tf.zeros([2, 3], "int32"))).toThrow(TypeError);
      expect(() => softCrossEntropy(tf.zeros([2, 2]), logits)).toThrow(/targets is \[2,2\]/);
      expect(() => softCrossEntropy(three as unknown as tf.Tensor2D, three as unknown as tf.Tensor2D)).toThrow(/logits is \[3\]/);
      expect(() => pseudoLabels(logits, [0.5])).toThrow(new RangeError("thresholds has 1 entries; expected 3, one for each class"));
      expect(() => pseudoLabels(three as unknown as tf.Tensor2D, 1)).toThrow(/probabilities is \[3\]/);
      expect(() => alignDistribution(logits, labels, labels)).toThrow(/model is \[2\]/);
      expect(() => alignDistribution(logits, three, labels)).toThrow(/target is \[2\]/);
      expect(() => movingMean(null, tf.zeros([0, 3]))).toThrow(/batch of at least 1/);
      expect(() => movingMean(labels, logits)).toThrow(/previous is \[2\]/);
      expect(() => movingMean(null, logits, 2)).toThrow(/decay is 2/);
    });
  });
});
