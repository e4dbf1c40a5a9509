import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "cifar10ClassNames",
      "collectImages",
      "concatImages",
      "concatSources",
      "describeImages",
      "describeSource",
      "formatIdx",
      "formatLabelSplit",
      "imageSource",
      "imagesOfIdx",
      "isImageSetError",
      "parseCifar10",
      "parseCifar100",
      "parseDigits",
      "parseIdx",
      "parseLabelSplit",
      "parseMedMnist",
      "parseStl10",
      "parseSvhn",
      "selectImages",
      "splitLabels",
      "stl10ClassNames",
    ]
  `);
});
