import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "afrocArea",
      "bootstrapFroc",
      "checkMatches",
      "compareConventions",
      "compareFroc",
      "compareRules",
      "cpmRates",
      "createFrocMatcher",
      "createMarkReader",
      "createSubmissionCheck",
      "diameterBand",
      "evaluateByConvention",
      "evaluateFroc",
      "frocConventions",
      "isFrocFileError",
      "matchFindings",
      "meanSensitivity",
      "parseCandidates",
      "parseFindings",
      "parseScans",
      "precisionRecall",
      "scanRoc",
      "selectMatches",
      "sensitivityAt",
      "stratifyByFinding",
      "stratifyByScan",
      "summarizeFroc",
      "validateSubmission",
    ]
  `);
});
