import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("the root entry exports exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "boundingBox",
      "boxesInRegion",
      "boxesOfFindings",
      "createVolume",
      "cropVolume",
      "formatMetaImage",
      "formatNifti",
      "formatVolume",
      "isVolumeError",
      "orientVolume",
      "parseMetaImage",
      "parseNifti",
      "parseVolume",
      "patchAround",
      "randomPatch",
      "resampleVolume",
      "voxelToWorld",
      "windowHu",
      "worldToVoxel",
    ]
  `);
});
