import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  createDicomUid,
  createVolume,
  formatDicomSeg,
  formatDicomSr,
  parseDicomSeg,
  type ScanReference,
  scanReferenceOfDicom,
  type Volume,
  voxelToWorld,
} from "../src/index.js";
import { dataFolder, dataPath, withData } from "./data.js";

/** What highdicom reads in the objects below; fixtures/annotations-written.py made it. */
const read = JSON.parse(readFileSync(new URL("fixtures/annotations-written.json", import.meta.url), "utf8"));

function generator(seed: number): () => number {
  return () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
}
const scan: ScanReference = {
  studyUid: "1.2.1",
  seriesUid: "1.2.2",
  frameOfReferenceUid: "1.2.3",
  instanceUids: Array.from({ length: 6 }, (_, i) => `1.2.4.${i + 1}`),
};
const optionsOf = (seed: number) => {
  const random = generator(seed);
  return { newUid: () => createDicomUid(random), date: new Date("2026-01-02T03:04:05Z"), seriesDescription: "Gleaner: Knötchen 肺" };
};
const lung = { value: "39607008", scheme: "SCT", meaning: "Lung" };
const detections = [
  { x: -57.43923954, y: 131.2325201, z: -520.3592267, diameterMm: 15.48525426, probability: 0.93 },
  { x: 1, y: 2, z: -3, diameterMm: 4, label: "Knötchen" },
];
const maskOf = (inside: (z: number, y: number, x: number) => boolean): Volume<Uint8Array> =>
  createVolume({
    shape: [6, 9, 11],
    spacingMm: [1.25, 0.7, 0.6],
    originMm: [-100.125, 50, 300],
    direction: [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1],
    data: Uint8Array.from({ length: 594 }, (_, i) => Number(inside(Math.floor(i / 99), Math.floor(i / 11) % 9, i % 11))),
  });
// They overlap on slice 3, and neither is on slice 0.
const masks = [maskOf((z, y, x) => z > 0 && z < 4 && (x * 7 + y * 3 + z) % 4 === 0), maskOf((z, y, x) => z > 2 && z !== 4 && x + y > 8)];
const segments = masks.map((mask, i) => ({ mask, label: ["first", "Knötchen 肺"][i]! }));

/** Writes the object where the script finds it, if that is asked for, and gives its checksum. */
function sha256(name: string, bytes: Uint8Array): string {
  const folder = process.env["GLEANER_WRITTEN"];
  if (folder) writeFileSync(join(folder, name), bytes);
  return createHash("sha256").update(bytes).digest("hex");
}

describe("detections as a structured report", () => {
  test("highdicom reads the spheres, diameters, probabilities and the study; dciodvfy finds no error", async () => {
    const options = { ...optionsOf(1), findingSite: lung };
    const report = await formatDicomSr(detections, { ...scan, patient: { id: "P-1", name: "Doe^Jane" } }, options);
    // These are the bytes that were read, so what was read is what is written.
    expect(sha256("report.dcm", report)).toBe(read.sha256["report.dcm"]);
    expect(read.errors["report.dcm"]).toEqual([]);
    expect(read.report).toMatchObject({
      class: "Comprehensive3DSR",
      title: ["126000", "DCM", "Imaging Measurement Report"],
      patient: ["Doe^Jane", "P-1", "", ""],
      study: scan.studyUid,
      description: options.seriesDescription,
      evidence: scan.instanceUids,
    });
    expect(read.report.groups.length).toBe(2);
    for (const [n, { x, y, z, diameterMm }] of detections.entries()) {
      const group = read.report.groups[n];
      expect(group).toMatchObject({
        shape: "ELLIPSOID",
        frame: "1.2.3",
        finding: ["27925004", "SCT", "Nodule"],
        sites: [Object.values(lung)],
      });
      const along = (axis: number): number[] => group.points.map((point: number[]) => point[axis]);
      for (const [axis, center] of [x, y, z].entries()) {
        expect(Math.max(...along(axis))).toBeCloseTo(center + diameterMm / 2, 3);
        expect(Math.min(...along(axis))).toBeCloseTo(center - diameterMm / 2, 3);
      }
      expect(group.measurements[0]).toEqual(
        ["81827009", "SCT", "Diameter", diameterMm, "mm"].map((v) => (v === "mm" ? expect.anything() : v)),
      );
    }
    expect(read.report.groups.map(({ label }: { label: string }) => label)).toEqual(["Finding 1", "Knötchen"]);
    expect(read.report.groups[0].measurements[1].slice(0, 4)).toEqual(["111012", "DCM", "Certainty of Finding", 93]);
    expect(read.report.groups[1].measurements.length).toBe(1);
  });

  test("no detections make a report without groups", async () => {
    expect(sha256("empty.dcm", await formatDicomSr([], scan, optionsOf(2)))).toBe(read.sha256["empty.dcm"]);
    expect(read.errors["empty.dcm"]).toEqual([]);
    expect(read.empty).toBe(0);
  });

  test("what cannot be written is refused in words, without the patient's", async () => {
    const [detection] = detections;
    const write = (change: object, of: ScanReference = scan, more = {}) =>
      formatDicomSr([{ ...detection!, ...change }], of, { ...optionsOf(3), ...more });
    await expect(write({ x: Number.NaN })).rejects.toThrow(
      /^formatDicomSr: detection 0 is \[NaN,.*expected a finite center and a positive diameter$/,
    );
    await expect(write({ diameterMm: -1 })).rejects.toThrow("expected a finite center and a positive diameter");
    await expect(write({ probability: 93 })).rejects.toThrow("formatDicomSr: detection 0 has the probability 93, expected 0 to 1");
    await expect(write({ label: "a\\b" })).rejects.toThrow(
      "the label of detection 0 has 3 characters, expected at most 64 without backslashes",
    );
    await expect(write({}, { ...scan, studyUid: "study" })).rejects.toThrow('studyUid is "study", expected a DICOM UID of digits and dots');
    await expect(write({}, { ...scan, instanceUids: [] })).rejects.toThrow("the scan has no instance UIDs, expected those of its slices");
    await expect(write({}, scan, { newUid: () => "x" })).rejects.toThrow('newUid gave "x", expected a DICOM UID');
    await expect(write({}, scan, { date: new Date("never") })).rejects.toThrow("date is invalid");
    await expect(write({}, scan, { finding: { value: "", scheme: "SCT", meaning: "" } })).rejects.toThrow(
      "expected a value, a scheme and a meaning",
    );
    const error = await write({}, { ...scan, patient: { name: `Doe^${"Jane".repeat(20)}` } }).catch((caught) => caught);
    expect(error.message).toBe(
      "formatDicomSr: patient.name has 84 characters, expected at most 64 without backslashes and control characters",
    );
  });
});

describe("masks as a segmentation", () => {
  test("highdicom reads the same voxels at the same places, overlapping; dciodvfy finds no error", async () => {
    expect(sha256("seg.dcm", await formatDicomSeg(segments, scan, optionsOf(4)))).toBe(read.sha256["seg.dcm"]);
    expect(read.errors["seg.dcm"]).toEqual([]);
    for (const [n, { mask, label }] of segments.entries()) {
      expect(read.seg[n]).toMatchObject({ label, type: ["27925004", "SCT", "Nodule"] });
      const world: number[][] = [];
      for (const [i, value] of mask.data.entries())
        if (value === 1) world.push(voxelToWorld(mask, [Math.floor(i / 99), Math.floor(i / 11) % 9, i % 11]));
      const inOrder = (points: number[][]): number[][] => points.toSorted((a, b) => a[2]! - b[2]! || a[1]! - b[1]! || a[0]! - b[0]!);
      // Rounded by the script to 0.001 mm.
      const rounded = inOrder(world.map((point) => point.map((v) => Math.round(v * 1000) / 1000)));
      const theirs = inOrder(read.seg[n].voxels);
      expect(theirs.length).toBe(rounded.length);
      for (const [i, point] of rounded.entries()) for (const axis of [0, 1, 2]) expect(theirs[i]![axis]).toBeCloseTo(point[axis]!, 2);
    }
  });

  test("what cannot be written is refused in words", async () => {
    const write = (parts: typeof segments, of: ScanReference = scan, more = {}) => formatDicomSeg(parts, of, { ...optionsOf(5), ...more });
    const [first] = segments;
    await expect(write([])).rejects.toThrow("formatDicomSeg: there are 0 segments, expected 1 to 4096");
    await expect(write([{ ...first!, mask: maskOf(() => false) }])).rejects.toThrow("no mask has a voxel that is not 0");
    await expect(write([first!, { label: "b", mask: { ...masks[1]!, originMm: [0, 0, 0] } }])).rejects.toThrow(
      "mask 1 lies on another lattice than mask 0",
    );
    await expect(write([{ ...first!, label: "" }])).rejects.toThrow("the label of mask 0 is empty, expected a name");
    await expect(write([first!], { ...scan, instanceUids: ["1.2"] })).rejects.toThrow(
      "the scan has 1 instance UIDs, expected one for each of the 6 slices",
    );
    await expect(write([first!], scan, { contentLabel: "lesions" })).rejects.toThrow('contentLabel is "lesions", expected 1 to 16 of A-Z');
    const sheared = { ...masks[0]!, direction: [1, 0, 0, 0, 1, 0.6, 0, 0, 0.8] as Volume["direction"] };
    await expect(write([{ mask: sheared, label: "a" }])).rejects.toThrow("expected perpendicular axes");
  });
});

test("UIDs are of random UUIDs, and a generator out of range is refused", () => {
  const random = generator(7);
  const uids = Array.from({ length: 500 }, () => createDicomUid(random));
  expect(new Set(uids).size).toBe(500);
  for (const uid of uids) {
    expect(uid).toMatch(/^2\.25\.[1-9]\d{30,38}$/);
    const hex = BigInt(uid.slice(5)).toString(16).padStart(32, "0");
    expect(hex[12]).toBe("4");
    expect("89ab").toContain(hex[16]);
  }
  expect(() => createDicomUid(() => 1)).toThrow("createDicomUid: random gave 1, expected a number in [0, 1)");
});

describe.runIf(dataFolder)(withData("a real series"), () => {
  test("its UIDs are found in the order of the slices, without the patient, and a mask on it comes back", async () => {
    const files = Object.fromEntries(["ct_2", "ct_1"].map((name) => [name, readFileSync(dataPath("dicom_misc/rt-utils", `${name}.dcm`))]));
    const reference = await scanReferenceOfDicom(files);
    expect(reference).toEqual({
      studyUid: "1.2.840.113619.2.405.3.84541899.902.1605198123.910",
      seriesUid: "2.16.840.1.114362.1.11940992.23790159890.563423471.893.88",
      frameOfReferenceUid: "1.2.840.113619.2.405.3.84541899.902.1605198123.912.6060.1",
      instanceUids: [
        "2.16.840.1.114362.1.11940992.23790159890.563423471.893.87",
        "2.16.840.1.114362.1.11940992.23790159890.563423471.985.89",
      ],
      imageClassUid: "1.2.840.10008.5.1.4.1.1.2",
    });
    const data = new Uint8Array(2 * 512 * 512).fill(1, 1000, 300_000);
    const mask = createVolume({ data, shape: [2, 512, 512], spacingMm: [5, 0.488281, 0.488281], originMm: [-125, -125, 60] });
    const { segments: back, seriesUid } = await parseDicomSeg(await formatDicomSeg([{ mask, label: "a" }], reference, optionsOf(6)));
    expect(seriesUid).toBe(reference.seriesUid);
    expect(back[0]!.mask!.data).toEqual(data);
  });
});
