import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "GroupNormLayer",
      "UpsampleNearest3dLayer",
      "anchorTargets",
      "boxGiou",
      "boxIou",
      "boxIouMatrix",
      "createPyramidDetector",
      "cubeSizes",
      "decodeBoxes",
      "detectVolume",
      "encodeBoxes",
      "generateAnchors",
      "groupNorm",
      "matchAnchors",
      "nonMaxSuppression3d",
      "selectTopScores",
      "slimPreset",
      "upsampleNearest3d",
    ]
  `);
});
