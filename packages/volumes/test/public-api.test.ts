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
      "formatCandidates",
      "formatFindings",
      "formatMetaImage",
      "formatNifti",
      "formatNrrd",
      "formatSeriesUids",
      "formatVolume",
      "isVolumeError",
      "labelMapOfDetections",
      "lesionsOfMask",
      "listDicomSeries",
      "lungMask",
      "orientVolume",
      "parseCandidates",
      "parseDicom",
      "parseFindings",
      "parseMetaImage",
      "parseNifti",
      "parseNrrd",
      "parseSeriesUids",
      "parseVolume",
      "parseVolumeFiles",
      "patchAround",
      "randomPatch",
      "resampleVolume",
      "unknownScans",
      "voxelToWorld",
      "windowHu",
      "worldToVoxel",
    ]
  `);
});
