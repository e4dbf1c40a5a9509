import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatImages, describeImages, type LabeledImages, selectImages, splitLabels } from "../src/index.js";

/** A generator of numbers in [0, 1) from a list that repeats. */
const cycle = (values: readonly number[]): (() => number) => {
  let at = 0;
  return () => values[at++ % values.length]!;
};
const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 50 });
const set = (images: number[], labels: number[], channels = 1): LabeledImages => ({
  images: new Uint8Array(images),
  shape: [labels.length, 1, images.length / labels.length / channels, channels],
  labels: new Uint8Array(labels),
});

describe("label splits", () => {
  test("have as many labels of each class, all other images in the pool, and nothing twice", () => {
    const labels = fc
      .integer({ min: 1, max: 4 })
      .chain((classes) => fc.tuple(fc.constant(classes), fc.array(fc.nat(classes - 1), { maxLength: 60 })));
    fc.assert(
      fc.property(labels, fc.nat(5), fc.nat(10), draws, ([classes, values], perClass, validation, random) => {
        const options = { classes, labeled: perClass * classes, validation, random: cycle(random) };
        let split: ReturnType<typeof splitLabels>;
        try {
          split = splitLabels(values, options);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          const counts = Array.from({ length: classes }, (_, c) => values.filter((label) => label === c).length);
          // Only where it may have been impossible.
          expect(validation > values.length || counts.some((n) => n - validation < perClass)).toBe(true);
          return;
        }
        expect(split.validation).toHaveLength(validation);
        expect([...split.unlabeled, ...split.validation].sort((a, b) => a - b)).toEqual(values.map((_, i) => i));
        expect(split.labeled.every((i) => split.unlabeled.includes(i))).toBe(true);
        expect(new Set(split.labeled).size).toBe(perClass * classes);
        for (let c = 0; c < classes; c++) expect([...split.labeled].filter((i) => values[i] === c)).toHaveLength(perClass);
        expect(splitLabels(values, { ...options, random: cycle(random) })).toEqual(split);
      }),
    );
  });

  test("leave images without a label in the pool, and draw as if they were not there", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 1 }), { maxLength: 40 }), fc.nat(4), draws, (values, validation, random) => {
        const known = [...values.keys()].filter((i) => values[i] !== -1);
        fc.pre([0, 1].every((c) => values.filter((label) => label === c).length > validation));
        const options = { classes: 2, labeled: 2, validation };
        const split = splitLabels(values, { ...options, random: cycle(random) });
        const among = splitLabels(
          known.map((i) => values[i]!),
          { ...options, random: cycle(random) },
        );
        expect([...split.labeled]).toEqual([...among.labeled].map((i) => known[i]));
        expect([...split.validation]).toEqual([...among.validation].map((i) => known[i]));
        expect([...split.unlabeled]).toEqual([...values.keys()].filter((i) => !split.validation.includes(i)));
      }),
    );
    expect(() => splitLabels([0, -1], { classes: 1, labeled: 1, validation: 2, random: () => 0 })).toThrow(
      "the 1 images with a label, got 2",
    );
    expect(() => splitLabels([0, -2], { classes: 1, labeled: 1, random: () => 0 })).toThrow("got -2");
  });

  test("draw each image of a class as often", () => {
    const labels = [0, 0, 0, 1, 1];
    const counts = Array(5).fill(0);
    let state = 1;
    // Knuth's MMIX generator is good enough to count by.
    const random = (): number =>
      (state = Number((BigInt(state) * 6364136223846793005n + 1442695040888963407n) & 0x1fffffffffffffn)) / 2 ** 53;
    for (let i = 0; i < 6000; i++) for (const index of splitLabels(labels, { classes: 2, labeled: 2, random }).labeled) counts[index]++;
    for (const n of counts.slice(0, 3)) expect(Math.abs(n - 2000)).toBeLessThan(5 * Math.sqrt(6000 * (2 / 9)));
    for (const n of counts.slice(3)) expect(Math.abs(n - 3000)).toBeLessThan(5 * Math.sqrt(6000 / 4));
  });

  test.each([
    ["a multiple of the 3 classes", { classes: 3, labeled: 4 }],
    ["class 2 has 1 images where 2", { classes: 3, labeled: 6 }],
    ["label 4 must be from 0 to 1", { classes: 2, labeled: 2 }],
    ["validation must be at most the 5 images", { classes: 3, labeled: 3, validation: 6 }],
    ["labeled must be an integer", { classes: 3, labeled: -3 }],
    ["classes must be an integer", { classes: 0, labeled: 0 }],
    ["validation must be an integer", { classes: 3, labeled: 3, validation: 0.5 }],
  ])("say what is wrong: %s", (message, options) => {
    expect(() => splitLabels([0, 0, 1, 1, 2], { ...options, random: () => 0 })).toThrow(message);
  });
});

describe("sets", () => {
  test("select gives copies in the order asked for, labels of the same type", () => {
    const source = { ...set([1, 2, 3, 4], [5, 6]), classNames: ["a"] };
    const chosen = selectImages(source, [1, 1, 0]);
    expect(chosen).toEqual({
      images: new Uint8Array([3, 4, 3, 4, 1, 2]),
      shape: [3, 1, 2, 1],
      labels: new Uint8Array([6, 6, 5]),
      classNames: ["a"],
    });
    expect(selectImages({ ...source, labels: new Int32Array([300, 1]) }, [0]).labels).toEqual(new Int32Array([300]));
    expect(selectImages(source, []).shape).toEqual([0, 1, 2, 1]);
    for (const bad of [2, -1, 0.5]) expect(() => selectImages(source, [bad])).toThrow(RangeError);
  });

  test("concat joins what select took apart", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { minLength: 1, maxLength: 20 }), fc.nat(20), (values, at) => {
        const source = set(values, values);
        const all = values.map((_, i) => i);
        expect(concatImages([selectImages(source, all.slice(0, at)), selectImages(source, all.slice(at))])).toEqual(source);
      }),
    );
    expect(concatImages([set([1], [1]), { ...set([2], [2]), labels: new Int32Array([999]) }]).labels).toEqual(new Int32Array([1, 999]));
    expect(() => concatImages([])).toThrow(/none/);
    expect(() => concatImages([set([1], [1]), set([1, 2], [1])])).toThrow(/do not join/);
  });

  test("arrays that do not fit the shape are refused everywhere", () => {
    const bad = { ...set([1, 2], [1, 2]), labels: new Uint8Array(1) };
    for (const work of [() => selectImages(bad, [0]), () => concatImages([bad]), () => describeImages(bad)])
      expect(work).toThrow(/2 bytes of images and 1 labels/);
  });

  test("a description counts classes and measures channels", () => {
    const described = describeImages(set([0, 51, 255, 51, 0, 51, 255, 51], [1, 3], 2));
    expect(described).toMatchObject({ images: 2, height: 1, width: 2, channels: 2, classes: 4, perClass: [0, 1, 0, 1] });
    expect(described.mean[0]).toBeCloseTo(0.5, 12);
    expect(described.deviation[0]).toBeCloseTo(0.5, 12);
    expect(described.mean[1]).toBeCloseTo(0.2, 12);
    expect(described.deviation[1]).toBeCloseTo(0, 6);
    expect(describeImages({ ...set([1], [0]), classNames: ["a", "b"] }).perClass).toEqual([1, 0]);
    expect(() => describeImages({ ...set([1], [2]), classNames: ["a", "b"] })).toThrow(RangeError);
    expect(describeImages({ images: new Uint8Array(), shape: [0, 2, 2, 1], labels: new Uint8Array() })).toMatchObject({
      images: 0,
      classes: 0,
      mean: [Number.NaN],
    });
  });
});
