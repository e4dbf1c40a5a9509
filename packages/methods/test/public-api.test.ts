import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "averagePredictions",
      "averageViews",
      "detectionLoss",
      "findObjectsOf",
      "fixMatch",
      "flexMatch",
      "flexPseudoLabel",
      "flexUda",
      "focalMixBatch",
      "meanTeacherBatch",
      "pseudoLabel",
      "supervised",
      "uda",
    ]
  `);
});
