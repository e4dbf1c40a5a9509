import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "BatchNormLayer",
      "IdleNormLayer",
      "countParameters",
      "createSmallCnn",
      "createWideResNet",
      "withFrozenStatistics",
    ]
  `);
});
