import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it, test } from "vitest";
import { onEachBackend } from "../../../test/tensors.js";
// The peers' own functions wrote these values; the READMEs beside them say which.
import fixture from "../../losses/test/fixtures/losses.json" with { type: "json" };
import {
  type ClassificationMethod,
  type ClassifierPredict,
  fixMatch,
  flexMatch,
  flexPseudoLabel,
  flexUda,
  pseudoLabel,
  supervised,
  uda,
} from "../src/index.js";
import cplOff from "./fixtures/cpl_seed1_warmup_off.json" with { type: "json" };
import cplOn from "./fixtures/cpl_seed2_warmup_on.json" with { type: "json" };

const identity: ClassifierPredict = (images) => images as tf.Tensor2D;

/** The numbers of one step with the given logits. */
async function step(method: ClassificationMethod, weak: number[][], strong: number[][], at = 0, indices?: number[], truth?: number[]) {
  const batch = {
    labeled: tf.tensor2d(strong),
    labels: tf.tensor1d(
      strong.map(() => 0),
      "int32",
    ),
    weak: tf.tensor2d(weak),
    strong: tf.tensor2d(strong),
  };
  const loss = method.loss(identity, batch, at);
  const total = loss.total.dataSync()[0]!;
  const statistics = await method.observe(loss, indices, truth);
  tf.dispose([loss.total, ...Object.values(batch)]);
  expect(Math.abs(total - statistics.total)).toBeLessThan(1e-5);
  return statistics;
}

onEachBackend(tf, () => {
  describe.each(fixture.cases)("$C classes, batch $B, as TorchSSL", (vector) => {
    const { C: classes, logits_weak: weak, logits_strong: strong } = vector;

    it.each(["0.5", "0.8", "0.95"] as const)("fixed thresholds, τ %s", async (name) => {
      const threshold = Number(name);
      const hard = vector[`fixmatch_hard_tau${name}`];
      const cases: [ClassificationMethod, number][] = [
        [fixMatch({ classes, threshold }), hard.loss],
        [fixMatch({ classes, threshold, hardLabels: false }), vector[`fixmatch_soft_T0.5_tau${name}`].loss],
        [uda({ classes, threshold }), vector[`uda_T0.4_tau${name}`].loss],
        [uda({ classes, threshold, divergence: "kl" }), vector[`uda_kld_T0.4_tau${name}`].loss],
        [uda({ classes, threshold, temperature: 1 }), vector[`usb_softnosharpen_tau${name}`]],
        [pseudoLabel({ classes, threshold, steps: 10 }), vector[`pl_tau${name}`].loss],
      ];
      for (const [method, expected] of cases) {
        const { unsupervised, maskRate, confidentRate } = await step(method, weak, strong, 4);
        expect(Math.abs(unsupervised - expected), `${method.name}: ${unsupervised} against ${expected}`).toBeLessThan(1e-6);
        expect(maskRate).toBeCloseTo(hard.mask_mean, 6);
        expect(confidentRate).toBe(maskRate);
      }
    });

    it("distribution alignment over two steps, toward equal classes", async () => {
      const method = fixMatch({ classes, threshold: 0.8, alignment: { target: new Array<number>(classes).fill(1 / classes) } });
      const next = vector["flexmatch_useDA_step2_tau0.8"];
      await step(method, weak, strong);
      for (const [c, mean] of method.snapshot().meanPrediction!.entries())
        expect(mean).toBeCloseTo(vector["flexmatch_useDA_tau0.8"].p_model[c]!, 6);
      const again = fixMatch({ classes, threshold: 0.8, alignment: { target: new Array<number>(classes).fill(1 / classes) } });
      again.restore(JSON.parse(JSON.stringify(method.snapshot())));
      for (const one of [method, again]) {
        await step(one, next.logits_weak, strong);
        for (const [c, mean] of one.snapshot().meanPrediction!.entries()) expect(mean).toBeCloseTo(next.p_model[c]!, 6);
      }
    });
  });

  describe.each([
    { name: "with warm-up", vector: cplOn },
    { name: "without", vector: cplOff },
  ])("FlexMatch over 12 steps as the authors' code runs it, $name", ({ vector }) => {
    const { N: unlabeled, C: classes, tau: threshold, warmup: warmUp } = vector.options;

    it("losses, masks, and what the curriculum counts", async () => {
      const method = flexMatch({ classes, unlabeled, threshold, warmUp });
      for (const row of vector.steps) {
        const statistics = await step(method, row.logits_weak, row.logits_strong, row.step, row.idx);
        expect(Math.abs(statistics.unsupervised - row.unsup_loss)).toBeLessThan(1e-6);
        expect(statistics.maskRate).toBeCloseTo(row.mask_mean, 6);
        expect(statistics.confidentRate).toBeCloseTo(row.select.reduce((a, b) => a + b, 0) / row.select.length, 6);
        expect(Array.from(method.snapshot().curriculum!.labels)).toEqual(row.buffer_after);
      }
    });

    it("goes on from a snapshot as if it had never stopped", async () => {
      const whole = flexMatch({ classes, unlabeled, threshold, warmUp });
      let stopped = flexMatch({ classes, unlabeled, threshold, warmUp });
      for (const row of vector.steps) {
        const expected = await step(whole, row.logits_weak, row.logits_strong, row.step, row.idx);
        expect(await step(stopped, row.logits_weak, row.logits_strong, row.step, row.idx)).toEqual(expected);
        const saved = JSON.parse(JSON.stringify(stopped.snapshot()));
        stopped = flexMatch({ classes, unlabeled, threshold, warmUp });
        stopped.restore(saved);
      }
    });
  });

  it("every Flex method trains on all of the first batch, and counts with the fixed threshold", async () => {
    const weak = [
      [0, 0.1],
      [0, 9],
      [0.2, 0],
    ];
    for (const method of [
      flexMatch({ classes: 2, unlabeled: 9 }),
      flexUda({ classes: 2, unlabeled: 9 }),
      flexPseudoLabel({ classes: 2, unlabeled: 9, steps: 10 }),
    ]) {
      const { maskRate, confidentRate } = await step(method, weak, weak, 0, [4, 5, 6]);
      expect(maskRate).toBe(1);
      expect(confidentRate).toBeCloseTo(1 / 3, 6);
      expect(Array.from(method.curriculum.learningEffects())).toEqual([0, 1]);
    }
  });

  it("pseudo-labels are held against the truth where it is known, of the images that were trained on", async () => {
    const weak = [
      [9, 0],
      [0, 9],
      [0, 9],
      [0, 0],
    ];
    const { pseudoLabelAccuracy } = await step(fixMatch({ classes: 2 }), weak, weak, 0, [], [0, 0, -1, 0]);
    expect(pseudoLabelAccuracy).toBe(0.5);
    expect((await step(fixMatch({ classes: 2 }), weak, weak)).pseudoLabelAccuracy).toBeNaN();
  });

  it("TSA leaves out labeled images that are surer than its threshold, and divides by all", async () => {
    const sure = [
      [9, 0],
      [0, 0],
    ];
    const weak = [
      [0, 0],
      [0, 0],
    ];
    const method = uda({ classes: 2, tsa: { schedule: "linear", steps: 100 } });
    expect((await step(method, weak, sure, 50)).supervised).toBeCloseTo(Math.LN2 / 2, 5);
    expect((await step(method, weak, sure, 100)).supervised).toBeCloseTo((Math.LN2 + Math.log1p(Math.exp(-9))) / 2, 5);
  });

  it("pseudo-labeling's weight rises over 0.4 of the steps, and stays", async () => {
    const method = pseudoLabel({ classes: 2, steps: 100, unsupervisedWeight: 2 });
    const weights: number[] = [];
    for (const at of [0, 20, 40, 100, 150]) weights.push((await step(method, [[9, 0]], [[9, 0]], at)).unsupervisedWeight);
    expect(weights).toEqual([0, 1, 2, 2, 2]);
  });
});

/** The loss of a linear network with the weights, in float64. */
function lossAt(w: number[], kind: "fixmatch" | "uda" | "pl", x: { labeled: number[][]; weak: number[][]; strong: number[][] }): number {
  const logitsOf = (rows: number[][], v: number[]): number[][] =>
    rows.map((row) => [0, 1, 2].map((c) => row[0]! * v[c]! + row[1]! * v[3 + c]!));
  const softmax = (z: number[]): number[] => {
    const e = z.map(Math.exp);
    const sum = e.reduce((a, b) => a + b);
    return e.map((v) => v / sum);
  };
  const [labeled, strong] = [logitsOf(x.labeled, w), logitsOf(x.strong, w)];
  // The targets are those of the weights at which the gradient is taken.
  const fixed = logitsOf(x.weak, at);
  const first = labeled.reduce((sum, z, i) => sum - Math.log(softmax(z)[i % 3]!), 0) / labeled.length;
  const second = fixed.reduce((sum, z, i) => {
    const q = softmax(z);
    if (Math.max(...q) < 0.6) return sum;
    const y = q.indexOf(Math.max(...q));
    if (kind === "uda") {
      const sharp = softmax(z.map((v) => v / 0.4));
      return sum - softmax(strong[i]!).reduce((s, p, c) => s + sharp[c]! * Math.log(p), 0);
    }
    return sum - Math.log(softmax(kind === "pl" ? logitsOf(x.weak, w)[i]! : strong[i]!)[y]!);
  }, 0);
  return first + (kind === "pl" ? 0.5 : 1) * (second / fixed.length);
}
const at = [0.3, -0.8, 1.1, -0.4, 0.9, 0.2];

test("gradients agree with finite differences: targets and mask pass none, pseudo-labeling's own logits do", () => {
  const x = {
    labeled: [
      [0.5, -1],
      [1, 0.3],
    ],
    weak: [
      [2, 0.1],
      [-1.5, 2],
      [0.1, 0.1],
    ],
    strong: [
      [1, 0.7],
      [-1, 1],
      [0.4, -0.2],
    ],
  };
  const methods = {
    fixmatch: fixMatch({ classes: 3, threshold: 0.6 }),
    uda: uda({ classes: 3, threshold: 0.6 }),
    pl: pseudoLabel({ classes: 3, threshold: 0.6, steps: 100 }),
  };
  for (const [kind, method] of Object.entries(methods) as ["fixmatch" | "uda" | "pl", ClassificationMethod][]) {
    const weights = tf.variable(tf.tensor2d(at, [2, 3]));
    const predict: ClassifierPredict = (images) => tf.matMul(images as tf.Tensor2D, weights) as tf.Tensor2D;
    const batch = {
      labeled: tf.tensor2d(x.labeled),
      labels: tf.tensor1d([0, 1], "int32"),
      weak: tf.tensor2d(x.weak),
      strong: tf.tensor2d(x.strong),
    };
    const { value, grads } = tf.variableGrads(() => method.loss(predict, batch, 20).total, [weights]);
    expect(value.dataSync()[0]).toBeCloseTo(lossAt(at, kind, x), 5);
    const gradient = grads[weights.name]!.dataSync();
    for (const [i, weight] of at.entries()) {
      const moved = (by: number): number => lossAt(at.with(i, weight + by), kind, x);
      expect(gradient[i], `${kind} ${i}`).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 4);
    }
  }
});

test("one forward for all views, but for pseudo-labeling, whose second leaves running statistics alone", async () => {
  const calls: [number, boolean | undefined][] = [];
  const predict: ClassifierPredict = (images, options) => {
    calls.push([images.shape[0]!, options?.updateStatistics]);
    return tf.zeros([images.shape[0]!, 2]);
  };
  const batch = { labeled: tf.zeros([2, 4]), labels: tf.tensor1d([0, 1], "int32"), weak: tf.zeros([5, 4]), strong: tf.zeros([5, 4]) };
  for (const method of [supervised(), fixMatch({ classes: 2 }), uda({ classes: 2 }), pseudoLabel({ classes: 2, steps: 9 })])
    await method.observe(method.loss(predict, batch, 0));
  expect(calls).toEqual([
    [2, undefined],
    [12, undefined],
    [12, undefined],
    [2, undefined],
    [5, false],
  ]);
});

test.each<[string, () => unknown, string]>([
  ["no classes", () => fixMatch({ classes: 0 }), "classes is 0; expected an integer of at least 1"],
  ["a threshold above 1", () => fixMatch({ classes: 2, threshold: 1.2 }), "threshold is 1.2; expected a number in 0..1"],
  ["a temperature of 0", () => uda({ classes: 2, temperature: 0 }), "temperature is 0; expected a number above 0"],
  ["another divergence", () => uda({ classes: 2, divergence: "js" as "kl" }), 'divergence is js; expected "cross-entropy" or "kl"'],
  [
    "a target of other classes",
    () => fixMatch({ classes: 3, alignment: { target: [0.5, 0.5] } }),
    "alignment.target has 2 entries; expected 3, one for each class",
  ],
  [
    "no strong views",
    () =>
      fixMatch({ classes: 2 }).loss(identity, { labeled: tf.zeros([1, 2]), labels: tf.tensor1d([0], "int32"), weak: tf.zeros([1, 2]) }, 0),
    "the batch has no strong views; fixmatch needs them",
  ],
  [
    "a label too few",
    () => supervised().loss(identity, { labeled: tf.zeros([2, 2]), labels: tf.tensor1d([0], "int32") }, 0),
    "labels is [1]; expected [2], one for each labeled image",
  ],
  [
    "a network of other classes",
    () => {
      const images = tf.zeros([1, 3]);
      return fixMatch({ classes: 2 }).loss(
        identity,
        { labeled: images, labels: tf.tensor1d([0], "int32"), weak: images, strong: images },
        0,
      );
    },
    "predict gave 3 classes; expected 2",
  ],
  [
    "a snapshot of another method",
    () => flexMatch({ classes: 2, unlabeled: 4 }).restore({}),
    "the snapshot has no curriculum; expected one of the same method",
  ],
  [
    "a snapshot of other images",
    () => flexMatch({ classes: 2, unlabeled: 4 }).restore(flexMatch({ classes: 2, unlabeled: 5 }).snapshot()),
    "the snapshot has unlabeled 5; expected 4",
  ],
])("refuses %s in one sentence", (_, call, message) => {
  expect(call).toThrow(new RangeError(message));
});
