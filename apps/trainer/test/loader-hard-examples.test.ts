import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHardExamples, lag } from "../src/run/patch-hard-examples.js";

describe("createHardExamples", () => {
  test("names the quarter of the scans seen with the highest mean loss, a fixed number of steps later", () => {
    const hard = createHardExamples(8);
    for (let step = 0; step < 20; step++) {
      // Scans 0 to 4 are seen, and 2 and then 1 are the hardest.
      hard.observe([0, 1, 2, 3, 4], [1, 5, 9, 2, 3]);
      expect(hard.forStep(step + 1)).toEqual(step + 1 > lag ? [2, 1] : []);
    }
  });

  test("a running mean: ten patches count alike, later ones push the earliest out", () => {
    const hard = createHardExamples(2);
    for (let i = 0; i < 10; i++) hard.observe([0], [i]);
    expect(hard.snapshot().losses[0]).toBeCloseTo(4.5, 12);
    hard.observe([0, 0], [14.5, 5.5]);
    expect(hard.snapshot().losses[0]).toBeCloseTo(4.5 + 1 + 0, 12);
    expect(hard.snapshot().counts).toEqual([12, 0]);
  });

  test("continues from its snapshot, also through JSON, wherever it is taken", () => {
    const observation = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 100, noNaN: true })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(observation, { minLength: 1, maxLength: 20 }), fc.nat(), (steps, cut) => {
        const whole = createHardExamples(6);
        let resumed = createHardExamples(6);
        for (const [step, seen] of steps.entries()) {
          if (step === cut % steps.length) resumed = createHardExamples(6, JSON.parse(JSON.stringify(resumed.snapshot())));
          // All the batches that may be made ahead of this step.
          for (let k = step; k <= step + lag; k++) expect(resumed.forStep(k)).toEqual(whole.forStep(k));
          for (const each of [whole, resumed])
            each.observe(
              seen.map(([place]) => place),
              seen.map(([, loss]) => loss),
            );
        }
        expect(resumed.snapshot()).toEqual(whole.snapshot());
        for (const { length } of whole.snapshot().recent) expect(length).toBeLessThanOrEqual(2);
      }),
    );
  });

  test("refuses what it did not write, and steps it cannot know", () => {
    const state = createHardExamples(3).snapshot();
    const wrong = [
      7,
      { ...state, losses: [0] },
      { ...state, counts: [0, 0, -1] },
      { ...state, recent: [[3]] },
      { ...state, steps: "1" },
      { ...state, losses: [0, 0, Number.NaN] },
    ];
    for (const snapshot of wrong)
      expect(() => createHardExamples(3, snapshot)).toThrow(/^the hard examples are .*; expected a snapshot of 3 scans$/);
    const hard = createHardExamples(3);
    for (let i = 0; i < 9; i++) hard.observe([0], [1]);
    expect(() => hard.forStep(8)).toThrow("step is 8; expected 9 to 13 after 9 steps");
    expect(() => hard.forStep(14)).toThrow("step is 14; expected 9 to 13 after 9 steps");
  });
});
