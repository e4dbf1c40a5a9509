import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLabelSplit, parseLabelSplit, splitLabels } from "../src/index.js";

test("a split comes back as it was saved, and for its own set only", () => {
  const sets = fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sets, fc.nat(3), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (values, validation, draw) => {
      const counts = [0, 1, 2].map((c) => values.filter((label) => label === c).length);
      fc.pre(Math.min(...counts) > validation);
      const split = splitLabels(values, { classes: 3, labeled: 3, validation, random: () => draw });
      const json = formatLabelSplit(split, { labels: values, classes: 3 });
      expect(parseLabelSplit(json, { labels: values, classes: 3 })).toEqual(split);
      const other = values.with(0, values[0] === 0 ? 1 : 0);
      expect(() => parseLabelSplit(json, { labels: other, classes: 3 })).toThrow(/must be of this set, with checksum/);
      // A pool that leaves images out is kept too.
      const smaller = { ...split, unlabeled: split.labeled };
      expect(parseLabelSplit(formatLabelSplit(smaller, { labels: values, classes: 3 }), { labels: values, classes: 3 })).toEqual(smaller);
    }),
  );
});
