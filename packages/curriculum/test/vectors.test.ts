import { describe, expect, it } from "vitest";
import { createCurriculum, type Mapping } from "../src/index.js";
import off0 from "./fixtures/cpl_seed0_warmup_off.json" with { type: "json" };
import on0 from "./fixtures/cpl_seed0_warmup_on.json" with { type: "json" };
import off1 from "./fixtures/cpl_seed1_warmup_off.json" with { type: "json" };
import on1 from "./fixtures/cpl_seed1_warmup_on.json" with { type: "json" };
import off2 from "./fixtures/cpl_seed2_warmup_off.json" with { type: "json" };
import on2 from "./fixtures/cpl_seed2_warmup_on.json" with { type: "json" };

// The names are those of the files; their "linear" and "concave" do not start at 0 as the paper's do.
const mappings: Record<keyof (typeof on0.steps)[0]["masks"], Mapping> = {
  convex: "convex",
  identity: "linear",
  linear: (beta) => (beta + 1) / 2,
  low_limit: (beta) => 1 / (2 - beta),
  concave: (beta) => (Math.log(beta + 1) + 0.5) / (Math.LN2 + 0.5),
};

describe.each([
  { file: "seed 0 with warm-up", vector: on0 },
  { file: "seed 0 without", vector: off0 },
  { file: "seed 1 with warm-up", vector: on1 },
  { file: "seed 1 without", vector: off1 },
  { file: "seed 2 with warm-up", vector: on2 },
  { file: "seed 2 without", vector: off2 },
])("$file", ({ vector }) => {
  const { N, C, tau, warmup } = vector.options;
  for (const precision of ["float64", "float32"] as const) {
    it.each(Object.entries(mappings))(`agrees with the authors' code at every step, mapping %s, ${precision}`, (name, mapping) => {
      const curriculum = createCurriculum({ classes: C, unlabeled: N, threshold: tau, warmUp: warmup, mapping, precision });
      for (const step of vector.steps) {
        expect(Array.from(curriculum.learningEffects())).toEqual(step.counts_before);
        expect(Array.from(curriculum.beta(), Math.fround)).toEqual(step.beta.map(Math.fround));
        const thresholds = step.thresholds[name as keyof typeof step.thresholds];
        for (const [c, threshold] of curriculum.thresholds().entries()) expect(Math.abs(threshold - thresholds[c]!)).toBeLessThan(2e-7);
        expect(Array.from(curriculum.select(step.max_prob, step.argmax))).toEqual(step.masks[name as keyof typeof step.masks]);
        curriculum.observe(step.idx, step.max_prob, step.argmax);
        expect(curriculum.snapshot().labels).toEqual(step.buffer_after);
      }
    });
  }

  it("agrees to the bit in float32 with the convex mapping, the one that the authors' code runs", () => {
    const curriculum = createCurriculum({ classes: C, unlabeled: N, threshold: tau, warmUp: warmup, precision: "float32" });
    for (const step of vector.steps) {
      expect(Array.from(curriculum.thresholds())).toEqual(step.thresholds.convex.map(Math.fround));
      curriculum.observe(step.idx, step.max_prob, step.argmax);
    }
  });
});
