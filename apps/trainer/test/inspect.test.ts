import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVolume } from "@gleaner/volumes";
import { writeVolume } from "@gleaner/volumes/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "./helpers.js";

const home = mkdtempSync(join(tmpdir(), "inspect-"));
const path = join(home, "scan.mha");
beforeAll(async () => {
  const data = Int16Array.from({ length: 24 }, (_, i) => i - 10);
  await writeVolume(path, createVolume({ data, shape: [2, 3, 4], spacingMm: [2.5, 0.7, 0.8], originMm: [-1, 2, -3.5] }));
});
afterAll(() => rmSync(home, { recursive: true }));

describe("gleaner inspect", () => {
  test("--json says where the volume lies and what it holds", async () => {
    const { code, stdout, stderr } = await call("inspect", path, "--voxel", "0,0,0", "--voxel", "1,2,3", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      shape: [2, 3, 4],
      spacingMm: [2.5, 0.7, 0.8],
      originMm: [-1, 2, -3.5],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      min: -10,
      max: 13,
      mean: 1.5,
      sum: 36,
      voxels: [
        { voxel: [0, 0, 0], value: -10 },
        { voxel: [1, 2, 3], value: 13 },
      ],
    });
  });

  test("the same for people", async () => {
    const { stdout } = await call("inspect", path, "--voxel", "1,0,0");
    expect(stdout).toBe(
      [
        `volume           ${path}`,
        "shape (z, y, x)  2 x 3 x 4",
        "spacing (z, y, x)  2.5 x 0.7 x 0.8 mm",
        "origin (x, y, z)  -1, 2, -3.5 mm",
        "direction        1 0 0 | 0 1 0 | 0 0 1",
        "values           -10 to 13, mean 1.5, sum 36",
        "voxel 1,0,0      2",
        "",
      ]
        .map((line) => line.replace(/^(.+?) {2,}/, (_, name: string) => `${name.padEnd(17)}  `))
        .join("\n"),
    );
  });

  test("refuses in one sentence", async () => {
    writeFileSync(join(home, "cut.mha"), "NDims = 3\nDimSize = 10 10 10\nElementType = MET_SHORT\nElementDataFile = LOCAL\n12");
    for (const [args, message] of [
      [[join(home, "none.mhd")], "none.mhd"],
      [[join(home, "cut.mha")], "cut.mha"],
      [[path, "--voxel", "0,0,9"], "the voxel 0,0,9 is outside of the volume; expected z,y,x below 2,3,4"],
      [[path, "--voxel", "0,0"], '--voxel is "0,0"; expected three whole numbers z,y,x of at least 0'],
    ] as const) {
      const { code, stdout, stderr } = await call("inspect", ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  });
});
