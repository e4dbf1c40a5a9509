import { expect, test } from "vitest";
import { createRecount, madeUpSteps } from "../bench/made-up-steps.js";
import { createCurriculum, restoreCurriculum } from "../src/index.js";

// The benches are only worth something if what they time is what they say.
test("the steps that the benches time are the same each time, and a recount selects the same in them", () => {
  const [unlabeled, classes] = [2000, 10];
  const { labels, batches } = madeUpSteps(unlabeled, classes, 64, 50);
  expect(madeUpSteps(unlabeled, classes, 64, 50)).toEqual({ labels, batches });
  const settings = createCurriculum({ classes, unlabeled }).snapshot();
  const curriculum = restoreCurriculum({ ...settings, labels });
  const recount = createRecount(labels.slice(), classes, 0.95);
  let all = 0;
  for (const batch of batches) {
    const { indices, confidences, classes: predicted } = batch;
    expect(recount.thresholds()).toEqual(Array.from(curriculum.thresholds()));
    const selected = curriculum.select(confidences, predicted).reduce((a, b) => a + b, 0);
    expect(recount.step(batch)).toBe(selected);
    curriculum.observe(indices, confidences, predicted);
    all += selected;
  }
  // Neither everything nor hardly anything.
  expect(all / (50 * 64)).toBeGreaterThan(0.5);
  expect(all / (50 * 64)).toBeLessThan(0.95);
});
