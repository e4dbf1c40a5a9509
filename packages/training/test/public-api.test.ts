import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "areaUnderRoc",
      "assignVariables",
      "classificationMetrics",
      "clipByGlobalNorm",
      "confusionMatrix",
      "cosineSchedule",
      "createAdamW",
      "createEma",
      "createRandom",
      "createSampler",
      "createSgd",
      "createShuffledPasses",
      "createTensors",
      "decodeCheckpoint",
      "encodeCheckpoint",
      "evaluationSteps",
      "fixMatchSchedule",
      "isCheckpointError",
      "linearRamp",
      "linearWarmUp",
      "lossGradients",
      "namedVariables",
      "randomInteger",
      "randomNormal",
      "readTensors",
      "restoreRandom",
      "restoreSampler",
      "runLoop",
      "shuffled",
      "summarizeErrors",
      "topKAccuracy",
    ]
  `);
});
