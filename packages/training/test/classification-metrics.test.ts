import { describe, expect, test } from "vitest";
import { areaUnderRoc, classificationMetrics, confusionMatrix, topKAccuracy } from "../src/index.js";
import fixture from "./fixtures/classification_metrics.json" with { type: "json" };

const nearly = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? expect.closeTo(value, 12) : value]));

describe("agrees with scikit-learn", () => {
  test.each(fixture.cases)("on $name", (one) => {
    const confusion = confusionMatrix(one.truth, one.predicted, one.classes);
    expect(confusion).toEqual(one.confusion);
    const got = classificationMetrics(confusion);
    expect(got.images).toBe(one.truth.length);
    expect(got.accuracy).toBeCloseTo(one.accuracy, 12);
    expect(got.error).toBeCloseTo(1 - one.accuracy, 12);
    expect(got.balancedAccuracy).toBeCloseTo(one.balancedAccuracy, 12);
    expect(got.macro).toEqual(nearly(one.macro));
    for (const [c, own] of got.perClass.entries()) {
      expect(own).toEqual(nearly({ precision: one.precision[c], recall: one.recall[c], f1: one.f1[c], support: one.support[c] }));
    }
    if (one.classes === 2) expect(got.binary).toEqual(nearly({ sensitivity: one.recall[1], specificity: one.recall[0] }));
    else expect(got).not.toHaveProperty("binary");
  });

  test.each(fixture.topk)("on the top k", ({ probabilities, labels, accuracy }) => {
    for (const [i, expected] of accuracy.entries()) expect(topKAccuracy(probabilities, labels, i + 1)).toBeCloseTo(expected, 12);
  });

  test.each(fixture.roc)("on the area under the ROC, $name", ({ scores, labels, area }) => {
    expect(areaUnderRoc(scores, labels)).toBeCloseTo(area, 12);
  });
});

test("without images there is nothing to say", () => {
  const { images, perClass, binary, ...rest } = classificationMetrics(confusionMatrix([], [], 2));
  const none = { precision: Number.NaN, recall: Number.NaN, f1: Number.NaN };
  expect(images).toBe(0);
  expect(perClass).toEqual([0, 1].map(() => ({ ...none, support: 0 })));
  expect(rest).toEqual({ accuracy: Number.NaN, error: Number.NaN, macro: none, balancedAccuracy: Number.NaN });
  expect(binary).toEqual({ sensitivity: Number.NaN, specificity: Number.NaN });
  expect(topKAccuracy([], [], 1)).toBeNaN();
  expect(areaUnderRoc([], [])).toBeNaN();
});

test("a class without images has no sensitivity, though scikit-learn's recall of it is 0", () => {
  const { binary, perClass, balancedAccuracy } = classificationMetrics(confusionMatrix([0, 0, 0], [0, 1, 0], 2));
  expect(binary).toEqual({ sensitivity: Number.NaN, specificity: 2 / 3 });
  expect(perClass[1]!.recall).toBe(0);
  expect(balancedAccuracy).toBe(2 / 3);
});

test("typed arrays do as well", () => {
  expect(confusionMatrix(Uint8Array.of(1, 0), Int32Array.of(1, 1), 2)).toEqual([
    [0, 1],
    [0, 1],
  ]);
  expect(topKAccuracy([Float32Array.of(0.1, 0.9)], Int32Array.of(1), 1)).toBe(1);
});

describe("the top k", () => {
  test("is everything from as many as there are classes", () => {
    for (const k of [2, 3, 5, 100])
      expect(
        topKAccuracy(
          [
            [0.9, 0.1],
            [Number.NaN, Number.NaN],
          ],
          [1, 0],
          k,
        ),
      ).toBe(1);
  });

  test("has the lower class first among equals, NaN last", () => {
    const even = [0.25, 0.25, 0.25, 0.25];
    expect(topKAccuracy([even, even, even, even], [0, 1, 2, 3], 1)).toBe(0.25);
    expect(topKAccuracy([even, even, even, even], [0, 1, 2, 3], 3)).toBe(0.75);
    expect(topKAccuracy([[Number.NaN, 0.1, 0.2]], [0], 2)).toBe(0);
    expect(topKAccuracy([[Number.NaN, 0.1, 0.2]], [2], 1)).toBe(1);
  });
});

describe("the area under the ROC", () => {
  test("is NaN with one class only, or a score that is none", () => {
    expect(areaUnderRoc([0.1, 0.2], [1, 1])).toBeNaN();
    expect(areaUnderRoc([0.1, 0.2], [0, 0])).toBeNaN();
    expect(areaUnderRoc([0.1, Number.NaN], [0, 1])).toBeNaN();
  });

  test("takes infinite scores", () => {
    const [high, low] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(areaUnderRoc([high, high, low, low], [1, 0, 0, 1])).toBe(0.5);
    expect(areaUnderRoc([high, 1, low], [1, 0, 0])).toBe(1);
  });
});

test.each<[string, () => unknown, string]>([
  ["no classes", () => confusionMatrix([], [], 0), "classes must be an integer of at least 1, got 0"],
  ["unequal lengths", () => confusionMatrix([0, 1], [0], 2), "predicted has 1 entries, expected 2 as truth"],
  ["a class too high", () => confusionMatrix([0, 1], [0, 2], 2), "predicted[1] must be an integer from 0 to 1, got 2"],
  ["a fraction", () => confusionMatrix([0.5], [0], 2), "truth[0] must be an integer from 0 to 1, got 0.5"],
  ["a matrix that is not square", () => classificationMetrics([[1, 2], [3]]), "confusion[1] has 1 entries, expected 2 as there are rows"],
  ["rates for counts", () => classificationMetrics([[0.5]]), "confusion[0][0] must be an integer of at least 0, got 0.5"],
  ["negative counts", () => classificationMetrics([[-1]]), "confusion[0][0] must be an integer of at least 0, got -1"],
  ["k = 0", () => topKAccuracy([[1]], [0], 0), "k must be an integer of at least 1, got 0"],
  ["fewer labels than rows", () => topKAccuracy([[1]], [], 1), "labels has 0 entries, expected 1 as probabilities"],
  ["a label without a score", () => topKAccuracy([[0.5, 0.5]], [2], 5), "labels[0] must be an integer from 0 to 1, got 2"],
  ["labels that are no binary ones", () => areaUnderRoc([0, 1], [1, 2]), "labels[1] must be 0 or 1, got 2"],
  ["fewer labels than scores", () => areaUnderRoc([0, 1], [1]), "labels has 1 entries, expected 2 as scores"],
])("refuses %s", (_, call, message) => {
  expect(call).toThrow(new RangeError(message));
});
