import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "afrocArea",
      "bootstrapFroc",
      "compareConventions",
      "compareFroc",
      "compareRules",
      "cpmRates",
      "createFrocMatcher",
      "diameterBand",
      "evaluateByConvention",
      "evaluateFroc",
      "frocConventions",
      "matchFindings",
      "meanSensitivity",
      "precisionRecall",
      "scanRoc",
      "selectMatches",
      "stratifyByFinding",
      "stratifyByScan",
      "summarizeFroc",
    ]
  `);
});
