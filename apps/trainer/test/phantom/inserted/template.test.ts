import { createVolume } from "@gleaner/volumes";
import { describe, expect, test } from "vitest";
import { createTemplate } from "../../../src/phantom/inserted/template.js";

const shape: [number, number, number] = [40, 44, 48];
const spacingMm: [number, number, number] = [1, 0.8, 0.8];

/** Votes of four readers on an ellipsoid, and the scan under it, which is denser by 10 HU for each mm of depth. */
function readNodule(radii: [number, number, number]) {
  const votes = new Uint8Array(shape[0] * shape[1] * shape[2]);
  const scan = new Int16Array(votes.length).fill(-850);
  for (let i = 0; i < votes.length; i++) {
    const at = [Math.floor(i / (shape[1] * shape[2])) - 20, (Math.floor(i / shape[2]) % shape[1]) - 22, (i % shape[2]) - 24];
    const mm = at.map((v, axis) => v * spacingMm[axis]!);
    // Readers draw it larger and smaller; two of the four have the ellipsoid itself or more.
    for (const size of [0.8, 0.9, 1, 1.1]) if (Math.hypot(...mm.map((v, axis) => v / (size * radii[axis]!))) <= 1) votes[i]!++;
    if (votes[i]! >= 2) scan[i] = 20 + 10 * (Math.min(...radii) - Math.hypot(...mm));
  }
  const place = { shape, spacingMm, originMm: [10, -20, 30] as [number, number, number] };
  return { votes: createVolume({ data: votes, ...place }), scan: createVolume({ data: scan, ...place }) };
}

describe("createTemplate", () => {
  test("has the radius, the surface and the HU of the nodule that half of the readers drew", () => {
    const { votes, scan } = readNodule([8, 8, 8]);
    const template = createTemplate(scan, votes);
    expect(Math.abs(template.radiusMm - 8)).toBeLessThan(0.25);
    for (const [x, y, z] of [
      [1, 0, 0],
      [0, -1, 0],
      [0, 0, 1],
      [0.577, 0.577, -0.577],
    ] as const) {
      expect(Math.abs(template.distance(x, y, z))).toBeLessThan(0.08);
      expect(Math.abs(template.distance(0.5 * x, 0.5 * y, 0.5 * z) + 0.5)).toBeLessThan(0.1);
      expect(Math.abs(template.distance(3 * x, 3 * y, 3 * z) - 2)).toBeLessThan(0.4);
    }
    // At half of the radius the depth is 4 mm.
    expect(Math.abs(template.hu(0.5) - 60)).toBeLessThan(8);
    expect(template.hu(0.9)).toBeGreaterThan(template.hu(0.3));
  });

  test("is longer where the nodule is", () => {
    const { votes, scan } = readNodule([12, 6, 6]);
    const template = createTemplate(scan, votes);
    expect(template.distance(0, 0, 1.2)).toBeLessThan(0);
    expect(template.distance(1.2, 0, 0)).toBeGreaterThan(0.1);
  });

  test.each([
    ["empty", (votes: Uint8Array) => votes.fill(0), "the mask of the template is empty, expected voxels above 0 in a nodule"],
    ["tiny", (votes: Uint8Array) => votes.fill(0).fill(1, 42264, 42266), "expected at least 5"],
  ])("refuses a mask that is %s", (_, change, message) => {
    const { votes, scan } = readNodule([8, 8, 8]);
    change(votes.data);
    expect(() => createTemplate(scan, votes)).toThrow(message);
  });

  test("refuses a mask that is as large as a lung, or of another scan", () => {
    const { votes, scan } = readNodule([8, 8, 8]);
    expect(() => createTemplate(scan, { ...votes, spacingMm: [6, 6, 6] })).toThrow("mm long, expected at most 80");
    expect(() => createTemplate({ ...scan, originMm: [500, 0, 0] }, votes)).toThrow("expected a mask inside of the scan");
  });
});
