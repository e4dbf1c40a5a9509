import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, type Random } from "@gleaner/training";
import { createEventLog, readEventLog } from "@gleaner/training/node";
import { formatFindings, formatSeriesUids } from "@gleaner/volumes";
import { readFindings, readVolume, volumeFiles, writeVolume } from "@gleaner/volumes/node";
import { inputError } from "../errors.js";
import { csvField } from "../froc/csv-field.js";
import type { Triple } from "../phantom/canvas.js";
import { drawBlocks } from "../phantom/inserted/blocks.js";
import { insertNodules } from "../phantom/inserted/insert.js";
import { symmetries } from "../phantom/inserted/shapes.js";
import { createTemplate, type Template } from "../phantom/inserted/template.js";
import { scanIdOf } from "./data-split-scan.js";
import { type InsertRecord, type InsertSettings, insertJournalName, mayInsertInto, readInsertRecords } from "./insert-journal.js";
import { type KnownFindings, readRealScan } from "./insert-scan.js";
import { replaceFile, seriesUid } from "./phantom-files.js";

/** What a set of blocks of real scans is made by. */
interface InsertSetOptions {
  out: string;
  /** Real scans, one of each patient. */
  into: readonly string[];
  /** How many blocks there are in all; the scans take turns. */
  scans: number;
  seed: number;
  size?: Triple;
  spacingMm?: Triple;
  /** What readers found in the scans, in LUNA16's columns. */
  annotations?: string;
  excluded?: string;
  /** A mask, or votes of readers, of a nodule that some are drawn after, and the scan that has it: the first one unless told. */
  template?: string;
  templateScan?: string;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** What a set of blocks holds once it is written. */
interface InsertSet {
  out: string;
  scans: number;
  /** How many of them were there before. */
  kept: number;
  nodules: number;
  /** Nodules that are the patients' own. */
  real: number;
  excluded: number;
  seed: number;
  size: Triple;
  spacingMm: Triple;
  patients: { patient: string; subset: string; scans: string[] }[];
}

/** Scans are read and measured one after another, each whole in memory. */
const mostScans = 100;

/**
 * Writes blocks of real scans with inserted nodules in LUNA16's layout: a subset for each patient, annotations.csv, annotations_excluded.csv,
 * seriesuids.csv, and patients.csv, by which a split keeps the blocks of a patient together.
 *
 * Blocks that a former call with the same settings has finished are kept; files get their names when they are whole, the tables last. Throws an
 * InputError where the folder holds anything else, two scans have one name, or a scan has no place for a block.
 */
export async function writeInsertSet(options: InsertSetOptions): Promise<InsertSet> {
  const { out, into, scans, seed, size = [64, 64, 64], spacingMm = [1.5, 1.5, 1.5] } = options;
  if (into.length > mostScans) throw inputError(`--into is given ${into.length} times; expected at most ${mostScans}`);
  const patients = into.map(scanIdOf);
  const twice = patients.findIndex((patient, i) => patients.indexOf(patient) < i);
  if (twice >= 0)
    throw inputError(
      `--into names ${into[patients.indexOf(patients[twice]!)]} and ${into[twice]}, both called ${patients[twice]}; expected one scan of each patient`,
    );
  const settings: InsertSettings = {
    version: 1,
    seed,
    size: [...size],
    spacingMm: [...spacingMm],
    into: await Promise.all(into.map(nameAndSize)),
    annotations: await nameAndSize(options.annotations),
    excluded: await nameAndSize(options.excluded),
    template: await nameAndSize(options.template),
  };
  await mayInsertInto(out, settings);
  const known: KnownFindings = { annotations: tableAt(options.annotations), excluded: tableAt(options.excluded) };
  const template = await templateAt(options);
  for (let p = 0; p < patients.length; p++) await mkdir(join(out, subsetOf(p)), { recursive: true });
  const path = join(out, insertJournalName);
  const records = new Map(readInsertRecords(out).map((record) => [record.scan, record]));
  const journal = createEventLog(path);
  if (records.size === 0 && readEventLog(path).length === 0) journal.append(settings);

  const random = createRandom(seed);
  let done = 0;
  let kept = 0;
  try {
    for (const [p, patient] of patients.entries()) {
      const blocks = Array.from({ length: scans }, (_, i) => i).filter((i) => i % patients.length === p);
      const missing = blocks.filter((i) => !isThere(seriesUid(settings, i), p));
      kept += blocks.length - missing.length;
      done += blocks.length - missing.length;
      options.onProgress?.(done, scans);
      if (missing.length === 0) continue;
      const own = random.fork(`patient ${p}`);
      await insertInto(p, patient, missing, blocks.length, own);
    }
  } finally {
    journal.close();
  }
  const ordered: InsertRecord[] = [];
  for (let i = 0; ordered.length < records.size; i++) {
    const record = records.get(seriesUid(settings, i));
    if (record) ordered.push(record);
  }
  await writeTables(out, ordered);
  const count = (findings: "nodules" | "real" | "excluded"): number => ordered.reduce((sum, record) => sum + record[findings].length, 0);
  return {
    out,
    scans: ordered.length,
    kept,
    nodules: count("nodules"),
    real: count("real"),
    excluded: count("excluded"),
    seed,
    size: settings.size,
    spacingMm: settings.spacingMm,
    patients: patients.map((patient, p) => ({
      patient,
      subset: subsetOf(p),
      scans: ordered.filter((record) => record.patient === patient).map(({ scan }) => scan),
    })),
  };

  function isThere(scan: string, p: number): boolean {
    return records.has(scan) && existsSync(join(out, subsetOf(p), `${scan}.mhd`));
  }

  /** Makes the missing blocks of one patient, whose scan is in memory only here. */
  async function insertInto(p: number, patient: string, missing: readonly number[], count: number, own: Random): Promise<void> {
    options.signal?.throwIfAborted();
    const scan = await readRealScan(into[p]!, patient, settings.spacingMm, known);
    const regions = drawBlocks(scan, settings.size, count, own.fork("blocks"));
    if (regions.length === 0)
      throw inputError(
        `${into[p]} has no place for a block of ${settings.size.join(",")} voxels that is a quarter lung; expected a CT of the chest, or a smaller --size`,
      );
    // No symmetry of the template is in two patients, so that what is tested was not seen in training.
    const turns = Array.from({ length: symmetries }, (_, k) => k).filter((k) => k % patients.length === p);
    for (const i of missing) {
      options.signal?.throwIfAborted();
      // A turn of the event loop between blocks lets Ctrl-C through.
      await new Promise(setImmediate);
      const nth = Math.floor(i / patients.length);
      const { volume, region, ...found } = insertNodules(scan, regions[nth]!, { ...(template && { template, turns }) }, own.fork(nth));
      const { spreadMm, noiseHu, lungHu } = scan;
      const uid = seriesUid(settings, i);
      const record: InsertRecord = {
        scan: uid,
        patient,
        start: region.start,
        shape: region.shape,
        ...found,
        matched: { spreadMm, noiseHu, lungHu },
      };
      // First the line, then the block: a line without a block is made again, a block without a line would be lost.
      if (!records.has(uid)) journal.append(record);
      records.set(uid, record);
      await writeVolume(join(out, subsetOf(p), `${uid}.mhd`), volume);
      options.onProgress?.(++done, scans);
    }
  }
}

const subsetOf = (p: number): string => `subset${p}`;

/** A file or folder by its name and its bytes: enough to tell that a set is gone on with from the same files, wherever they lie. */
async function nameAndSize(path: string | undefined): Promise<string> {
  if (path === undefined) return "none";
  let bytes = 0;
  for (const file of await volumeFiles(path).catch(() => [path])) bytes += (await stat(file)).size;
  return `${scanIdOf(path)} of ${bytes} bytes`;
}

const tableAt = (path: string | undefined): KnownFindings["annotations"] => (path === undefined ? [] : readFindings(path));

async function templateAt({ template, templateScan, into }: InsertSetOptions): Promise<Template | undefined> {
  if (template === undefined) return undefined;
  const [scan, votes] = [await readVolume(templateScan ?? into[0]!), await readVolume(template)];
  try {
    return createTemplate(scan, votes);
  } catch (error) {
    if (error instanceof RangeError) throw inputError(`${template}: ${error.message}`, error);
    throw error;
  }
}

async function writeTables(out: string, records: readonly InsertRecord[]): Promise<void> {
  const rows = (of: (record: InsertRecord) => InsertRecord["real"]): string =>
    formatFindings(records.flatMap((record) => of(record).map(({ x, y, z, diameterMm }) => ({ scan: record.scan, x, y, z, diameterMm }))));
  await replaceFile(
    join(out, "annotations.csv"),
    rows(({ nodules, real }) => [...nodules, ...real]),
  );
  await replaceFile(
    join(out, "annotations_excluded.csv"),
    rows(({ excluded }) => excluded),
  );
  await replaceFile(join(out, "seriesuids.csv"), formatSeriesUids(records.map(({ scan }) => scan)));
  const patients = records.map(({ scan, patient }) => `${scan},${csvField(patient)}\n`);
  await replaceFile(join(out, "patients.csv"), `seriesuid,patient\n${patients.join("")}`);
}
