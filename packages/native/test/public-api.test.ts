import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "NativeError",
      "defaultCacheFolder",
      "findNative",
      "installNative",
      "isNativeError",
      "listPairings",
      "loadNative",
      "planInstall",
      "useNativeKernels",
    ]
  `);
});
