import fc from "fast-check";
import { expect, test } from "vitest";
import {
  collectImages,
  concatSources,
  describeImages,
  describeSource,
  imageSource,
  type LabeledImages,
  selectImages,
} from "../src/index.js";

const set = (values: number[]): LabeledImages => ({
  images: new Uint8Array(values.flatMap((value) => [value, 255 - value])),
  shape: [values.length, 2, 1, 1],
  labels: new Uint8Array(values),
});

test("a source in memory, sources joined, and their parts read the same images as select does", () => {
  const values = fc.array(fc.nat(255), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(values, fc.array(fc.nat(30), { maxLength: 4 }), fc.array(fc.nat(10_000), { maxLength: 40 }), (all, cuts, picks) => {
      const whole = set(all);
      const bounds = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
      const parts = bounds.slice(1).map((end, i) => imageSource(set(all.slice(bounds[i], end))));
      const joined = concatSources(parts);
      const indices = picks.map((pick) => pick % all.length);
      expect(joined.shape).toEqual(whole.shape);
      expect(joined.read(indices)).toEqual(selectImages(whole, indices).images);
      expect(collectImages(joined, { indices })).toEqual(selectImages(whole, indices));
      expect(collectImages(joined)).toEqual(whole);
      expect(describeSource(joined)).toEqual(describeImages(whole));
    }),
  );
});
