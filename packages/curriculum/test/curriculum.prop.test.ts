import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CurriculumOptions, createCurriculum, createHistory, type Mapping, mergeSnapshots, restoreCurriculum } from "../src/index.js";

interface Batch {
  indices: number[];
  confidences: number[];
  classes: number[];
}

const confidence = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  { weight: 4, arbitrary: fc.constantFrom(0.95, 0.949999, 1, 0.99) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

const batchOf = (classes: number, unlabeled: number): fc.Arbitrary<Batch> =>
  fc
    .array(fc.tuple(fc.nat(unlabeled - 1), confidence, fc.nat(classes - 1)), { maxLength: 12 })
    .map((rows) => ({ indices: rows.map(([i]) => i), confidences: rows.map(([, p]) => p), classes: rows.map(([, , c]) => c) }));

/** A curriculum's options and the batches that it sees. */
const runs = fc
  .record({
    classes: fc.integer({ min: 1, max: 5 }),
    unlabeled: fc.integer({ min: 1, max: 30 }),
    threshold: fc.constantFrom(0, 0.5, 0.8, 0.95, 1),
    warmUp: fc.boolean(),
    mapping: fc.constantFrom<Mapping>("linear", "convex", "concave"),
    precision: fc.constantFrom<"float32" | "float64">("float32", "float64"),
  })
  .chain((options) =>
    fc.tuple(fc.constant<Required<CurriculumOptions>>(options), fc.array(batchOf(options.classes, options.unlabeled), { maxLength: 8 })),
  );

/** The class of each sample, written as the paper says it, without increments. */
function labelsAfter({ unlabeled, threshold, precision }: Required<CurriculumOptions>, batches: readonly Batch[]): number[] {
  const labels = new Array<number>(unlabeled).fill(-1);
  const round = (value: number): number => (precision === "float32" ? Math.fround(value) : value);
  for (const { indices, confidences, classes } of batches) {
    for (const [i, index] of indices.entries()) if (round(confidences[i]!) >= round(threshold)) labels[index] = classes[i]!;
  }
  return labels;
}

const run = (options: CurriculumOptions, batches: readonly Batch[]) => {
  const curriculum = createCurriculum(options);
  for (const { indices, confidences, classes } of batches) curriculum.observe(indices, confidences, classes);
  return curriculum;
};

const state = (curriculum: ReturnType<typeof run>) => ({
  effects: Array.from(curriculum.learningEffects()),
  beta: Array.from(curriculum.beta()),
  thresholds: Array.from(curriculum.thresholds()),
});

describe("invariants", () => {
  it("counts as a recount of all samples does", () => {
    fc.assert(
      fc.property(runs, ([options, batches]) => {
        const labels = labelsAfter(options, batches);
        const recount = Array.from({ length: options.classes }, (_, c) => labels.filter((label) => label === c).length);
        const curriculum = run(options, batches);
        expect(curriculum.snapshot().labels).toEqual(labels);
        const { effects, beta, thresholds } = state(curriculum);
        expect(effects).toEqual(recount);
        const used = recount.reduce((a, b) => a + b, 0);
        const denominator = Math.max(...recount, options.warmUp ? options.unlabeled - used : 0);
        for (const [c, count] of recount.entries()) {
          expect(beta[c]).toBeCloseTo(denominator === 0 ? 0 : count / denominator, 6);
          const m = { linear: beta[c]!, convex: beta[c]! / (2 - beta[c]!), concave: Math.log2(1 + beta[c]!) }[options.mapping as "linear"];
          expect(thresholds[c]).toBeCloseTo(m * options.threshold, 6);
        }
      }),
    );
  });

  it("keeps 0 ≤ β ≤ 1, T ≤ τ and Σσ ≤ N, without NaN", () => {
    fc.assert(
      fc.property(runs, ([options, batches]) => {
        const { effects, beta, thresholds } = state(run(options, batches));
        const tau = options.precision === "float32" ? Math.fround(options.threshold) : options.threshold;
        expect(effects.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(options.unlabeled);
        for (const b of beta) expect(b >= 0 && b <= 1).toBe(true);
        for (const t of thresholds) expect(t >= 0 && t <= tau).toBe(true);
      }),
    );
  });

  it("has β = 0 for all classes before anything is confident, so that everything is selected", () => {
    fc.assert(
      fc.property(runs, ([options]) => {
        const curriculum = createCurriculum(options);
        expect(state(curriculum).beta).toEqual(new Array(options.classes).fill(0));
        expect(Array.from(curriculum.select([0, 0.3, 1], [0, 0, 0]))).toEqual([1, 1, 1]);
      }),
    );
  });

  it("never loses a sample", () => {
    fc.assert(
      fc.property(runs, ([options, batches]) => {
        const curriculum = createCurriculum(options);
        let before = 0;
        for (const { indices, confidences, classes } of batches) {
          curriculum.observe(indices, confidences, classes);
          const used = curriculum.learningEffects().reduce((a, b) => a + b, 0);
          expect(used).toBeGreaterThanOrEqual(before);
          before = used;
        }
      }),
    );
  });

  it("renames thresholds with the classes", () => {
    fc.assert(
      fc.property(runs, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), ([options, batches], keys) => {
        const names = Array.from({ length: options.classes }, (_, c) => ({ c, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ c }) => c);
        const renamed = batches.map((batch) => ({ ...batch, classes: batch.classes.map((c) => names[c]!) }));
        const before = state(run(options, batches));
        const after = state(run(options, renamed));
        for (const [c, name] of names.entries()) {
          expect(after.effects[name]).toBe(before.effects[c]);
          expect(after.thresholds[name]).toBe(before.thresholds[c]);
        }
      }),
    );
  });

  it("selects by the flexible threshold, counts by the fixed one", () => {
    fc.assert(
      fc.property(runs, confidence, fc.nat(4), ([options, batches], p, seed) => {
        const curriculum = run(options, batches);
        const c = seed % options.classes;
        const round = (value: number): number => (options.precision === "float32" ? Math.fround(value) : value);
        expect(curriculum.select([p], [c])[0]).toBe(round(p) >= curriculum.thresholds()[c]! ? 1 : 0);
        curriculum.observe([0], [p], [c]);
        const label = curriculum.snapshot().labels[0];
        expect(label).toBe(round(p) >= round(options.threshold) ? c : labelsAfter(options, batches)[0]);
        if (round(p) >= round(options.threshold)) expect(run(options, batches).select([p], [c])[0]).toBe(1);
      }),
    );
  });

  it("answers between batches as one that was restored just then", () => {
    fc.assert(
      fc.property(runs, fc.boolean(), ([options, batches], typed) => {
        const curriculum = createCurriculum(options);
        for (const { indices, confidences, classes } of batches) {
          const fresh = restoreCurriculum(typed ? curriculum.snapshot({ typed }) : curriculum.snapshot());
          expect(Array.from(curriculum.select(confidences, classes))).toEqual(Array.from(fresh.select(confidences, classes)));
          expect(state(curriculum)).toEqual(state(fresh));
          curriculum.observe(indices, confidences, classes);
        }
      }),
    );
  });

  it("goes on from a snapshot as if it had never stopped, also through JSON", () => {
    fc.assert(
      fc.property(runs, fc.nat(8), ([options, batches], cut) => {
        const half = run(options, batches.slice(0, cut));
        const restored = restoreCurriculum(JSON.parse(JSON.stringify(half.snapshot())));
        expect(restored.snapshot()).toEqual(half.snapshot());
        for (const { indices, confidences, classes } of batches.slice(cut)) restored.observe(indices, confidences, classes);
        expect(state(restored)).toEqual(state(run(options, batches)));
      }),
    );
  });

  it("merges workers into what one who saw all their batches would know", () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 3 }), ([options, batches], count) => {
        const base = run(options, batches.slice(0, 1)).snapshot();
        // Each worker has samples of its own, as in an epoch that is split among them.
        const shares = Array.from({ length: count }, (_, w) =>
          batches.slice(1).map(({ indices, confidences, classes }) => {
            const own = indices.map((_, i) => i).filter((i) => indices[i]! % count === w);
            return {
              indices: own.map((i) => indices[i]!),
              confidences: own.map((i) => confidences[i]!),
              classes: own.map((i) => classes[i]!),
            };
          }),
        );
        const snapshots = shares.map((share) => {
          const worker = restoreCurriculum(base);
          for (const { indices, confidences, classes } of share) worker.observe(indices, confidences, classes);
          return worker.snapshot();
        });
        expect(mergeSnapshots(base, snapshots)).toEqual(run(options, batches).snapshot());
      }),
    );
  });

  it("keeps a history of even spacing and bounded length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 300 }), (half, steps) => {
        const history = createHistory({ maxSteps: 2 * half });
        const curriculum = createCurriculum({ classes: 1, unlabeled: 1 });
        for (let step = 0; step < steps; step++) history.record(step, curriculum);
        const noted = history.rows().map(({ step }) => step);
        expect(noted[0]).toBe(0);
        expect(noted.length).toBeLessThanOrEqual(2 * half);
        expect(noted.length).toBeGreaterThanOrEqual(Math.min(steps, half));
        const gap = noted.length > 1 ? noted[1]! : 1;
        expect(noted).toEqual(noted.map((_, i) => i * gap));
      }),
    );
  });
});
