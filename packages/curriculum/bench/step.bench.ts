import { test } from "vitest";
import { createRecount, madeUpSteps } from "./made-up-steps.js";

// The built code: sources that a test runner transforms call each other through getters.
const { createCurriculum, restoreCurriculum }: typeof import("../src/index.js") = await import(
  new URL("../dist/index.js", import.meta.url).href
);

const classes = 10;
const batch = 448;

// CIFAR-10, and SVHN with its extra images. The cost of a step of ours should hardly depend on how many samples there are.
for (const unlabeled of [50_000, 604_388]) {
  const { labels, batches } = madeUpSteps(unlabeled, classes, batch, 200);
  test(`a step with ${unlabeled} samples, ${classes} classes, batches of ${batch}`, async ({ bench }) => {
    const settings = createCurriculum({ classes, unlabeled: 1 }).snapshot();
    const curriculum = restoreCurriculum({ ...settings, unlabeled, labels });
    const recount = createRecount(labels.slice(), classes, 0.95);
    let [ours, theirs] = [0, 0];
    await bench.compare(
      bench("thresholds, select, observe", () => {
        const { indices, confidences, classes: predicted } = batches[ours++ % batches.length]!;
        curriculum.thresholds();
        curriculum.select(confidences, predicted);
        curriculum.observe(indices, confidences, predicted);
      }),
      bench("the same with a recount", () => void recount.step(batches[theirs++ % batches.length]!)),
      { time: 1000 },
    );
  });
}
