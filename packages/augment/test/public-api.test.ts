import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "adjustIntensity",
      "anchorPermutation",
      "applyAnchorPermutation",
      "applyOperation",
      "composeSymmetries",
      "cubeSymmetries",
      "cutout",
      "drawIntensityChange",
      "drawMixPlan",
      "drawMixUpLambda",
      "eraseSquare",
      "flipImage",
      "inverseSymmetry",
      "mixBatch",
      "mixObjects",
      "mixUp",
      "randAugment",
      "randAugmentOperations",
      "randomSymmetry",
      "shiftImage",
      "transformBoxes",
      "transformVolume",
      "weakView",
    ]
  `);
});
