import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "GroupNormLayer",
      "UpsampleNearest3dLayer",
      "anchorTargets",
      "averagePool3d",
      "boxGiou",
      "boxIou",
      "boxIouMatrix",
      "createPyramidDetector",
      "cubeSizes",
      "decodeBoxTensors",
      "decodeBoxes",
      "detectVolume",
      "encodeBoxes",
      "generateAnchors",
      "groupNorm",
      "matchAnchors",
      "mergeWeighted",
      "nonMaxSuppression3d",
      "resnet50Preset",
      "selectTopScores",
      "slimPreset",
      "upsampleNearest3d",
    ]
  `);
});
