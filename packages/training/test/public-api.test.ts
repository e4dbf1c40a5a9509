import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "answerAsReplica",
      "areaUnderRoc",
      "assignVariables",
      "classificationMetrics",
      "clipByGlobalNorm",
      "confusionMatrix",
      "cosineSchedule",
      "createAdamW",
      "createEma",
      "createRandom",
      "createReplicas",
      "createSampler",
      "createSgd",
      "createSharedTensors",
      "createShuffledPasses",
      "createTensors",
      "decodeCheckpoint",
      "encodeCheckpoint",
      "evaluationSteps",
      "evenShares",
      "fixMatchSchedule",
      "isCheckpointError",
      "linearRamp",
      "linearWarmUp",
      "lossGradients",
      "namedVariables",
      "openSharedTensors",
      "portChannel",
      "randomInteger",
      "randomNormal",
      "readTensors",
      "restoreRandom",
      "restoreSampler",
      "runLoop",
      "shuffled",
      "sumInOrder",
      "summarizeErrors",
      "topKAccuracy",
    ]
  `);
});
