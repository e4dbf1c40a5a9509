import { describe, expect, it } from "vitest";
import { type CurriculumSnapshot, createCurriculum, createHistory, mergeSnapshots, restoreCurriculum } from "../src/index.js";

describe("createCurriculum", () => {
  it("has β = 1 where all samples are in one class", () => {
    for (const warmUp of [true, false]) {
      const curriculum = createCurriculum({ classes: 3, unlabeled: 2, warmUp });
      curriculum.observe([0, 1], [1, 1], [2, 2]);
      expect(Array.from(curriculum.beta())).toEqual([0, 0, 1]);
    }
  });

  it("jumps to τ with the first confident sample without warm-up, and not with it", () => {
    const first = (warmUp: boolean): number => {
      const curriculum = createCurriculum({ classes: 2, unlabeled: 100, warmUp });
      curriculum.observe([5], [0.97], [1]);
      return curriculum.thresholds()[1]!;
    };
    expect(first(false)).toBe(0.95);
    expect(first(true)).toBeCloseTo((0.95 * (1 / 99)) / (2 - 1 / 99), 12);
  });

  it("lets the last of a repeated index win, but not one that is not confident", () => {
    const curriculum = createCurriculum({ classes: 3, unlabeled: 2 });
    curriculum.observe([1, 1, 1], [0.99, 0.96, 0.5], [0, 2, 1]);
    expect(curriculum.snapshot().labels).toEqual([-1, 2]);
    expect(Array.from(curriculum.learningEffects())).toEqual([0, 0, 1]);
  });

  it("takes typed arrays and hands out copies", () => {
    const curriculum = createCurriculum({ classes: 2, unlabeled: 3, threshold: 0.9 });
    curriculum.observe(Int32Array.of(0, 2), Float32Array.of(0.91, 0.99), Int32Array.of(0, 1));
    curriculum.learningEffects()[0] = 7;
    curriculum.beta()[0] = 7;
    curriculum.snapshot().labels[1] = 0;
    expect(Array.from(curriculum.learningEffects())).toEqual([1, 1]);
    expect(Array.from(curriculum.beta())).toEqual([1, 1]);
    expect({ ...curriculum }).toMatchObject({ classes: 2, unlabeled: 3, threshold: 0.9 });
  });

  it("tells whether a float32 confidence reaches the float32 threshold", () => {
    const confidence = Math.fround(0.95);
    for (const [precision, count] of [
      ["float64", 0],
      ["float32", 1],
    ] as const) {
      const curriculum = createCurriculum({ classes: 1, unlabeled: 1, precision });
      curriculum.observe([0], [confidence], [0]);
      expect(curriculum.learningEffects()[0]).toBe(count);
    }
  });

  it("answers empty batches, and NaN with no", () => {
    const curriculum = createCurriculum({ classes: 2, unlabeled: 1 });
    curriculum.observe([], [], []);
    curriculum.observe([0], [Number.NaN], [0]);
    expect(Array.from(curriculum.learningEffects())).toEqual([0, 0]);
    expect(curriculum.select([], []).length).toBe(0);
    expect(Array.from(curriculum.select([Number.NaN], [0]))).toEqual([0]);
  });

  it("takes a mapping of one's own and refuses one that leaves 0..1", () => {
    const squared = createCurriculum({ classes: 1, unlabeled: 4, threshold: 1, mapping: (beta) => beta ** 2 });
    squared.observe([0], [1], [0]);
    expect(squared.thresholds()[0]).toBeCloseTo(1 / 9, 12);
    expect(restoreCurriculum(squared.snapshot()).thresholds()[0]).toBeCloseTo(1 / 9, 12);
    const wild = createCurriculum({ classes: 1, unlabeled: 4, mapping: () => 1.5 });
    expect(() => wild.thresholds()).toThrow(new RangeError("mapping(0) is 1.5; expected a number in 0..1"));
    const nan = createCurriculum({ classes: 1, unlabeled: 4, mapping: () => Number.NaN });
    // Each time: a mapping that failed has not been asked.
    for (let time = 0; time < 2; time++) expect(() => nan.select([1], [0])).toThrow(RangeError);
  });

  it.each([
    [{ classes: 0, unlabeled: 1 }, "classes is 0; expected an integer of at least 1"],
    [{ classes: 1.5, unlabeled: 1 }, "classes is 1.5"],
    [{ classes: 1, unlabeled: 0 }, "unlabeled is 0"],
    [{ classes: 1, unlabeled: 2 ** 31 }, "unlabeled is 2147483648"],
    [{ classes: 1, unlabeled: Number.NaN }, "unlabeled is NaN"],
    [{ classes: 1, unlabeled: 1, threshold: 1.01 }, "threshold is 1.01; expected a number in 0..1"],
    [{ classes: 1, unlabeled: 1, threshold: Number.NaN }, "threshold is NaN"],
    [{ classes: 1, unlabeled: 1, mapping: "cubic" as "linear" }, 'mapping is "cubic"'],
    [{ classes: 1, unlabeled: 1, mapping: "toString" as "linear" }, 'mapping is "toString"'],
    [{ classes: 1, unlabeled: 1, warmUp: 1 as unknown as boolean }, "warmUp is 1"],
    [{ classes: 1, unlabeled: 1, precision: "float16" as "float32" }, "precision is float16"],
  ])("refuses %o", (options, message) => {
    expect(() => createCurriculum(options)).toThrow(RangeError);
    expect(() => createCurriculum(options)).toThrow(message);
  });

  it("refuses a malformed batch as a whole", () => {
    const curriculum = createCurriculum({ classes: 2, unlabeled: 3 });
    expect(() => curriculum.observe([0, 3], [1, 1], [0, 0])).toThrow(new RangeError("indices[1] is 3; expected an integer in 0..2"));
    expect(() => curriculum.observe([0, 1], [1, 1], [0, -1])).toThrow(new RangeError("classes[1] is -1; expected an integer in 0..1"));
    expect(() => curriculum.observe([0, 0.5], [1, 1], [0, 0])).toThrow(/indices\[1\] is 0.5/);
    expect(() => curriculum.observe([0], [1, 1], [0])).toThrow(new RangeError("confidences has 2 entries; expected 1"));
    expect(() => curriculum.observe([0], [1], [])).toThrow(/classes has 0/);
    expect(() => curriculum.select([1], [2])).toThrow(/classes\[0\] is 2/);
    expect(() => curriculum.select([1], [0, 0])).toThrow(/classes has 2/);
    expect(Array.from(curriculum.learningEffects())).toEqual([0, 0]);
  });
});

describe("restoreCurriculum", () => {
  const good = createCurriculum({ classes: 2, unlabeled: 2 }).snapshot();

  it.each<[string, Partial<CurriculumSnapshot>, RegExp]>([
    ["too few labels", { labels: [0] }, /labels has 1 entries; expected 2/],
    ["a label of no class", { labels: [0, 2] }, /labels\[1\] is 2/],
    ["a label below −1", { labels: [0, -2] }, /labels\[1\] is -2/],
    ["a fraction", { labels: [0, -1.5] }, /labels\[1\] is -1.5/],
    ["classes that are none", { classes: 0 }, /classes is 0/],
    ["no count", { unlabeled: -1 }, /unlabeled is -1/],
    [
      "labels that JSON made of typed ones",
      { labels: JSON.parse(JSON.stringify(Int32Array.of(0, 1))) },
      /labels has undefined entries; expected 2/,
    ],
    [
      "labels that are no numbers",
      { labels: [null, "1"] as unknown as number[] },
      /labels\[0\] is null; expected an integer in 0..1, or -1/,
    ],
  ])("refuses %s", (_, change, message) => {
    expect(() => restoreCurriculum({ ...good, ...change })).toThrow(message);
  });

  it("takes typed labels, and has a copy of its own", () => {
    const before = restoreCurriculum({ ...good, labels: Int16Array.of(-1, 1) });
    const typed = before.snapshot({ typed: true });
    expect(typed).toEqual({ ...good, labels: Int32Array.of(-1, 1) });
    expect(before.snapshot({ typed: false })).toEqual({ ...good, labels: [-1, 1] });
    const after = restoreCurriculum(typed);
    typed.labels.fill(0);
    for (const one of [before, after]) expect(Array.from(one.learningEffects())).toEqual([0, 1]);
  });

  it("asks for the function that JSON dropped", () => {
    const own = createCurriculum({ classes: 1, unlabeled: 1, mapping: (beta) => beta }).snapshot();
    expect(() => restoreCurriculum(JSON.parse(JSON.stringify(own)))).toThrow(/mapping is missing/);
  });
});

describe("mergeSnapshots", () => {
  it("gives a sample that several workers moved to the last of them", () => {
    const base = createCurriculum({ classes: 3, unlabeled: 1 }).snapshot();
    expect(mergeSnapshots(base, [{ ...base, labels: [2] }, { ...base, labels: [1] }, base]).labels).toEqual([1]);
  });

  it("takes typed labels", () => {
    const base = { ...createCurriculum({ classes: 3, unlabeled: 3 }).snapshot(), labels: Int32Array.of(-1, 0, -1) };
    expect(
      mergeSnapshots(base, [
        { ...base, labels: Int8Array.of(2, 0, -1) },
        { ...base, labels: [-1, 1, -1] },
      ]).labels,
    ).toEqual([2, 1, -1]);
    expect(Array.from(base.labels)).toEqual([-1, 0, -1]);
  });

  it("refuses workers of other settings, and ones that lost a sample", () => {
    const base = { ...createCurriculum({ classes: 2, unlabeled: 1 }).snapshot(), labels: [0] };
    expect(() => mergeSnapshots(base, [{ ...base, threshold: 0.5 }])).toThrow(/workers\[0\]\.threshold is 0.5; expected 0.95/);
    expect(() => mergeSnapshots(base, [base, { ...base, labels: [-1] }])).toThrow(/workers\[1\]\.labels\[0\] is -1/);
  });
});

describe("createHistory", () => {
  it("notes one row a class", () => {
    const history = createHistory();
    const curriculum = createCurriculum({ classes: 2, unlabeled: 2, mapping: "linear" });
    history.record(0, curriculum);
    curriculum.observe([0], [1], [1]);
    history.record(10, curriculum);
    expect(history.rows()).toEqual([
      { step: 0, class: 0, learningEffect: 0, beta: 0, threshold: 0 },
      { step: 0, class: 1, learningEffect: 0, beta: 0, threshold: 0 },
      { step: 10, class: 0, learningEffect: 0, beta: 0, threshold: 0 },
      { step: 10, class: 1, learningEffect: 1, beta: 1, threshold: 0.95 },
    ]);
  });

  it("refuses sizes that cannot be halved and steps that are no numbers", () => {
    expect(() => createHistory({ maxSteps: 3 })).toThrow(new RangeError("maxSteps is 3; expected an even number of at least 2"));
    expect(() => createHistory({ maxSteps: 0 })).toThrow(RangeError);
    expect(() => createHistory().record(Number.NaN, createCurriculum({ classes: 1, unlabeled: 1 }))).toThrow(/step is NaN/);
  });
});
