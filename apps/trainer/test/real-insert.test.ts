import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { worldToVoxel } from "@gleaner/volumes";
import { readLuna16, readVolume } from "@gleaner/volumes/node";
import { afterAll, describe, expect, test } from "vitest";
import { readInsertRecords } from "../src/run/insert-journal.js";
import { writeInsertSet } from "../src/run/insert-set.js";

const data = process.env["GLEANER_DATA"];
const uid = "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227";
const minutes = 60_000;

describe.runIf(data)("nodules inserted into real scans (with GLEANER_DATA)", () => {
  const out = mkdtempSync(join(tmpdir(), "real-inserted-"));
  afterAll(() => rmSync(out, { recursive: true }));
  const real = (name: string): string => join(data!, name);

  test(
    "blocks of two patients, with the real nodule where they hold it whole, and matched to each scan",
    async () => {
      const set = await writeInsertSet({
        out,
        into: [real(`lidc_idri_0314/${uid}.lungcrop.mhd`), real("lungfcp_0001/ct_1mm.lungcrop.nii.gz")],
        scans: 12,
        seed: 1,
        annotations: real("luna16_csv/annotations.csv"),
        excluded: real("luna16_csv/annotations_excluded.csv"),
        template: real("lidc_idri_0314/nodule_votes.lungcrop.nii.gz"),
      });
      expect(set.patients.map(({ patient, scans }) => [patient, scans.length])).toEqual([
        [uid, 6],
        ["ct_1mm.lungcrop", 6],
      ]);
      expect(set.nodules).toBeGreaterThan(12);
      const luna = readLuna16(out);
      expect(luna.annotations).toHaveLength(set.nodules + set.real);
      const records = readInsertRecords(out);
      const lidc = records.filter(({ patient }) => patient === uid);
      const upper = records.filter(({ patient }) => patient !== uid);
      // The upper lungs are 81 mm high and have no table.
      expect(upper.map(({ shape }) => shape[0])).toEqual([54, 54, 54, 54, 54, 54]);
      for (const { real: own, excluded } of upper) expect([...own, ...excluded]).toEqual([]);
      // The voxels of both scans are 0.7 to 1 mm wide; resampling to 1.5 mm leaves a blur of about a millimeter.
      for (const { matched } of [lidc[0]!, upper[0]!]) {
        for (const mm of matched.spreadMm) expect(mm > 0.6 && mm < 1.6).toBe(true);
        expect(matched.noiseHu > 10 && matched.noiseHu < 60).toBe(true);
      }
      for (const { scan, real: own, nodules } of lidc) {
        const volume = await readVolume(luna.scans.find(({ id }) => id === scan)!.path);
        const [z, y, x] = worldToVoxel(volume, [-57.439, 131.233, -520.359]).map(Math.round) as [number, number, number];
        const within = [z, y, x].every((v, axis) => v >= 0 && v < volume.shape[axis]!);
        expect(own).toHaveLength(within ? 1 : 0);
        // Nothing was inserted over it: its middle is soft tissue as before, and no nodule is near.
        if (within) expect(volume.data[(z * volume.shape[1] + y) * volume.shape[2] + x]!).toBeGreaterThan(-150);
        for (const nodule of nodules)
          expect(Math.hypot(nodule.x + 57.439, nodule.y - 131.233, nodule.z + 520.359)).toBeGreaterThan(7 + nodule.diameterMm / 2);
      }
      expect(records.flatMap(({ nodules }) => nodules).some(({ margin }) => margin === "template")).toBe(true);
    },
    5 * minutes,
  );
});
