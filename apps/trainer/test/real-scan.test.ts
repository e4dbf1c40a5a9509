import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callIn } from "./helpers.js";

const data = process.env["GLEANER_DATA"];
const uid = "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227";
const nodule = { x: -57.439, y: 131.233, z: -520.359, diameterMm: 15.49 };
const minutes = 60_000;

describe.runIf(data)("end to end on real scans (with GLEANER_DATA)", () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const real = (name: string): string => join(data!, name);
  // Where GLEANER_CACHE names no cache with a paired engine, this runs on WASM.
  const call = (...argv: string[]) => callIn({ GLEANER_CACHE: process.env["GLEANER_CACHE"] ?? at("cache") }, ...argv);
  const scan = (): string => real(`lidc_idri_0314/${uid}.lungcrop.mhd`);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gleaner-real-"));
    writeFileSync(
      at("real.yaml"),
      `method: focalmix
seed: 1
data:
  annotations: ${real("luna16_csv/annotations.csv")}
  excluded: ${real("luna16_csv/annotations_excluded.csv")}
  labeled: [${scan()}]
  unlabeled: [${real("lungfcp_0001/ct_1mm.lungcrop.nii.gz")}, ${real("elastix_lung/3DCT_lung_baseline_small.mha")}]
training: { steps: 120, labeledBatch: 4, unlabeledBatch: 2, checkpointEvery: 60 }
focalmix: { views: 2 }
`,
    );
    writeFileSync(at("seriesuids.csv"), `${uid}\r\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test(
    "the plumbing: a scan seen in training has its annotated nodule found, with at most 2 false positives above it",
    async () => {
      const trained = await call("train", at("real.yaml"), "--out", at("run"), "--json");
      expect(trained, trained.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(trained.stdout)).toMatchObject({ method: "focalmix", steps: 120, stopped: false });

      const detected = await call("detect", at("run"), scan(), "--out", at("candidates.csv"), "--json");
      expect(detected, detected.stderr).toMatchObject({ code: 0 });
      const [header, ...rows] = readFileSync(at("candidates.csv"), "utf8").trim().split("\n");
      expect(header).toBe("seriesuid,coordX,coordY,coordZ,probability");
      const marks = rows
        .map((row) => row.split(","))
        .map(([id, ...numbers]) => [id, ...numbers.map(Number)] as [string, number, number, number, number]);
      expect(new Set(marks.map(([id]) => id))).toEqual(new Set([uid]));

      // Of the many marks that LUNA16 leaves out (on findings below 3 mm, …) the evaluation below takes care; here every mark above the nodule's counts.
      const isHit = ([, x, y, z]: (typeof marks)[number]): boolean =>
        Math.hypot(x - nodule.x, y - nodule.y, z - nodule.z) < nodule.diameterMm / 2;
      const best = Math.max(...marks.filter(isHit).map((mark) => mark[4]));
      expect(best, `no mark within ${nodule.diameterMm / 2} mm of the nodule; the marks: ${rows.slice(0, 10).join(" | ")}`).toBeGreaterThan(
        0,
      );
      expect(marks.filter((mark) => mark[4] > best && !isHit(mark)).length).toBeLessThanOrEqual(2);

      const judged = await call(
        "froc",
        ...["--annotations", real("luna16_csv/annotations.csv"), "--excluded", real("luna16_csv/annotations_excluded.csv")],
        ...["--scans", at("seriesuids.csv"), "--candidates", at("candidates.csv"), "--json"],
      );
      expect(judged, judged.stderr).toMatchObject({ code: 0 });
      const result = JSON.parse(judged.stdout) as {
        scans: number;
        nodules: number;
        truePositives: number;
        missed: number;
        sensitivity: Record<string, number>;
        unknownScans: string[];
      };
      expect(result).toMatchObject({ scans: 1, nodules: 1, truePositives: 1, missed: 0, unknownScans: [] });
      expect(result.sensitivity["2"]).toBe(1);
    },
    15 * minutes,
  );
});
