import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "alignDistribution",
      "giouLoss",
      "hardCrossEntropy",
      "klDivergence",
      "movingMean",
      "pseudoLabels",
      "rampUp",
      "sharpen",
      "sharpenBinary",
      "smoothL1Loss",
      "softCrossEntropy",
      "softTargetFocalLoss",
      "tsaThreshold",
    ]
  `);
});
