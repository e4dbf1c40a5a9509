import { expect, test } from "vitest";
import * as api from "../src/index.js";
import * as node from "../src/node.js";

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

test("the entry for Node exports exactly this", () => {
  expect(Object.keys(node).sort()).toMatchInlineSnapshot(`
    [
      "describeImageSet",
      "fetchDigits",
      "openCifar10",
      "openCifar100",
      "openImageFolder",
      "openStl10",
      "readCifar10",
      "readCifar100",
      "readDigits",
      "readIdx",
      "readImageFile",
      "readImageFolder",
      "readImageSet",
      "readMedMnist",
      "readMnist",
      "readStl10Folds",
      "readSvhn",
      "writeIdx",
    ]
  `);
});
