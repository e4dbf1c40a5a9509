import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "adjustIntensity",
      "anchorPermutation",
      "applyAnchorPermutation",
      "applyObjectMix",
      "applyOperation",
      "applyPolicy",
      "composeSymmetries",
      "createCtAugment",
      "cubeSymmetries",
      "cutout",
      "drawIntensityChange",
      "drawMixPlan",
      "drawMixUpLambda",
      "drawObjectMix",
      "eraseSquare",
      "flipImage",
      "inverseSymmetry",
      "mixBatch",
      "mixObjects",
      "mixUp",
      "normalizeImages",
      "proximity",
      "randAugment",
      "randAugmentOperations",
      "randomSymmetry",
      "restoreCtAugment",
      "shiftImage",
      "strongView",
      "transformBoxes",
      "transformVolume",
      "viewBatch",
      "weakView",
    ]
  `);
});
