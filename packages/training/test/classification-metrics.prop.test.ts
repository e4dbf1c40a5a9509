import fc from "fast-check";
import { expect, test } from "vitest";
import { areaUnderRoc, classificationMetrics, confusionMatrix, topKAccuracy } from "../src/index.js";

const predictions = fc
  .integer({ min: 1, max: 6 })
  .chain((classes) => fc.record({ classes: fc.constant(classes), rows: fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1))) }));

test("every ratio is in 0..1, or NaN where there are no images", () => {
  fc.assert(
    fc.property(predictions, ({ classes, rows }) => {
      const { perClass, macro, ...rest } = classificationMetrics(
        confusionMatrix(
          rows.map(([t]) => t),
          rows.map(([, p]) => p),
          classes,
        ),
      );
      const ratios = [rest.accuracy, rest.error, rest.balancedAccuracy, macro, ...perClass.map(({ support, ...one }) => one)]
        .flatMap((value) => (typeof value === "number" ? value : Object.values(value)))
        .map((value) => (rows.length === 0 ? Number.isNaN(value) : value >= 0 && value <= 1));
      expect(ratios.every(Boolean)).toBe(true);
      expect(perClass.reduce((all, { support }) => all + support, 0)).toBe(rows.length);
    }),
  );
});

const items = fc.array(fc.tuple(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: 0, max: 3 })), fc.integer({ min: 0, max: 1 })), {
  minLength: 1,
  maxLength: 40,
});

test("the area under the ROC is the share of right pairs, and one minus that of the opposite labels", () => {
  fc.assert(
    fc.property(items, (rows) => {
      const scores = rows.map(([score]) => score);
      const labels = rows.map(([, label]) => label);
      const area = areaUnderRoc(scores, labels);
      const pairs = rows.flatMap(([a, one]) =>
        one === 1 ? rows.flatMap(([b, other]) => (other === 0 ? [a > b ? 1 : a === b ? 0.5 : 0] : [])) : [],
      );
      if (pairs.length === 0) expect(area).toBeNaN();
      else {
        expect(area).toBeCloseTo(pairs.reduce<number>((a, b) => a + b, 0) / pairs.length, 12);
        const opposite = labels.map((label) => 1 - label);
        expect(areaUnderRoc(scores, opposite)).toBeCloseTo(1 - area, 12);
      }
    }),
  );
});

test("the top-k accuracy never falls with k and begins at the accuracy of an argmax", () => {
  const cases = fc.integer({ min: 1, max: 6 }).chain((classes) =>
    fc.array(
      fc.tuple(fc.array(fc.constantFrom<number>(0, 0.1, 0.2, 0.5, 1), { minLength: classes, maxLength: classes }), fc.nat(classes - 1)),
      {
        minLength: 1,
      },
    ),
  );
  fc.assert(
    fc.property(cases, (rows) => {
      const scores = rows.map(([row]) => row);
      const labels = rows.map(([, label]) => label);
      const classes = scores[0]!.length;
      const accuracies = Array.from({ length: classes }, (_, i) => topKAccuracy(scores, labels, i + 1));
      const argmax = scores.map((row) => row.indexOf(Math.max(...row)));
      expect(accuracies[0]).toBe(classificationMetrics(confusionMatrix(labels, argmax, classes)).accuracy);
      for (let i = 1; i < classes; i++) expect(accuracies[i]).toBeGreaterThanOrEqual(accuracies[i - 1]!);
      expect(accuracies.at(-1)).toBe(1);
    }),
  );
});
