import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "cifar10ClassNames",
      "concatImages",
      "describeImages",
      "formatIdx",
      "imagesOfIdx",
      "isImageSetError",
      "parseCifar10",
      "parseCifar100",
      "parseDigits",
      "parseIdx",
      "selectImages",
      "splitLabels",
    ]
  `);
});
