import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@gleaner/training";
import { createEventLog, readEventLog } from "@gleaner/training/node";
import { formatFindings } from "@gleaner/volumes";
import { writeVolume } from "@gleaner/volumes/node";
import { z } from "zod";
import { inputError } from "../errors.js";
import type { Triple } from "../phantom/canvas.js";
import type { Difficulty, Phantom } from "../phantom/types.js";
import { replaceFile, seriesUid } from "./phantom-files.js";
import { phantomMakers } from "./phantom-makers.js";

/** What a set of phantoms is made by. */
interface PhantomSetOptions {
  out: string;
  scans: number;
  seed: number;
  size?: Triple;
  spacingMm?: Triple;
  difficulty?: Difficulty;
  /** How many scans are drawn at a time. */
  threads?: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** What a set of phantoms holds once it is written. */
interface PhantomSet {
  out: string;
  scans: number;
  /** How many of them were there before. */
  kept: number;
  nodules: number;
  excluded: number;
  seed: number;
  size: Triple;
  spacingMm: Triple;
  difficulty: Difficulty;
}

// The journal says what is in each scan, so that a set can be resumed and a report can say which kinds of nodule were missed.
const journalName = "phantoms.jsonl";
const triple = z.tuple([z.number(), z.number(), z.number()]);
const settingsLine = z.object({
  version: z.literal(1),
  seed: z.number(),
  size: triple,
  spacingMm: triple,
  difficulty: z.enum(["easy", "standard"]),
});
const place = { x: z.number(), y: z.number(), z: z.number(), diameterMm: z.number() };
const scanLine = z.object({
  scan: z.string(),
  nodules: z.array(
    z.object({
      ...place,
      kind: z.enum(["solid", "part-solid", "ground-glass"]),
      attachment: z.enum(["isolated", "vessel", "pleura"]),
      margin: z.enum(["smooth", "lobulated", "spiculated"]),
    }),
  ),
  excluded: z.array(z.object({ ...place, kind: z.enum(["granuloma", "tiny", "scar"]) })),
  style: z.record(z.string(), z.number()),
});

/** One scan of the journal: its series and what was painted into it. */
type PhantomRecord = z.infer<typeof scanLine>;
type Settings = z.infer<typeof settingsLine>;

/**
 * Writes a set of phantoms in LUNA16's layout: subset0/UID.mhd with .zraw, annotations.csv, annotations_excluded.csv, seriesuids.csv.
 *
 * Scans that a former call with the same settings has finished are kept; files get their names when they are whole, the tables last.
 * Throws an InputError where the folder holds anything else.
 */
export async function writePhantomSet(options: PhantomSetOptions): Promise<PhantomSet> {
  const { out, scans, seed, threads = 1 } = options;
  const settings = settingsOf(options);
  const { size, spacingMm, difficulty } = settings;
  await mayUse(out, settings);
  await mkdir(join(out, "subset0"), { recursive: true });
  const journalPath = join(out, journalName);
  const known = new Map(readPhantomRecords(out).map((record) => [record.scan, record]));
  const journal = createEventLog(journalPath);
  if (known.size === 0 && readEventLog(journalPath).length === 0) journal.append(settings);

  const seeds = createRandom(seed).fork("scans");
  const wanted = Array.from({ length: scans }, (_, i) => ({ scan: seriesUid(settings, i), seed: Math.floor(seeds.fork(i)() * 2 ** 53) }));
  const missing = wanted.filter(({ scan }) => !(known.has(scan) && existsSync(join(out, "subset0", `${scan}.mhd`))));
  let done = scans - missing.length;
  const kept = done;
  options.onProgress?.(done, scans);
  const makers = phantomMakers(Math.min(threads, missing.length));
  try {
    const queue = missing.values();
    const work = async (make: (typeof makers)["makers"][number]): Promise<void> => {
      for (const { scan, seed: scanSeed } of queue) {
        options.signal?.throwIfAborted();
        const { volume, ...found }: Phantom = await make({ seed: scanSeed, size, spacingMm, difficulty });
        const record: PhantomRecord = { scan, ...found, style: { ...found.style } };
        // First the line, then the scan: a line without a scan is drawn again, a scan without a line would be lost.
        if (!known.has(scan)) journal.append(record);
        known.set(scan, record);
        await writeVolume(join(out, "subset0", `${scan}.mhd`), volume);
        options.onProgress?.(++done, scans);
      }
    };
    await Promise.all(makers.makers.map(work));
  } finally {
    journal.close();
    await makers.close();
  }
  const records = orderOf(settings, known);
  await writeTables(out, records);
  return {
    out,
    scans: records.length,
    kept,
    nodules: records.reduce((sum, { nodules }) => sum + nodules.length, 0),
    excluded: records.reduce((sum, { excluded }) => sum + excluded.length, 0),
    seed,
    size: settings.size,
    spacingMm: settings.spacingMm,
    difficulty,
  };
}

const settingsOf = ({
  seed,
  size = [96, 128, 128],
  spacingMm = [1.5, 1.5, 1.5],
  difficulty = "standard",
}: Pick<PhantomSetOptions, "seed" | "size" | "spacingMm" | "difficulty">): Settings => ({
  version: 1,
  seed,
  size: [...size],
  spacingMm: [...spacingMm],
  difficulty,
});

/** The ids of the first scans of the set with these settings, whether it is written or not; a larger set begins with the same ones. */
export function phantomIds(options: Parameters<typeof settingsOf>[0], count: number): string[] {
  const settings = settingsOf(options);
  return Array.from({ length: count }, (_, i) => seriesUid(settings, i));
}

/** What is in each scan of a folder of phantoms, in the order in which they were drawn; empty where there is no journal. */
export function readPhantomRecords(folder: string): PhantomRecord[] {
  const path = join(folder, journalName);
  if (!existsSync(path)) return [];
  return readEventLog(path)
    .slice(1)
    .map((line, i) => {
      const record = scanLine.safeParse(line);
      if (!record.success)
        throw inputError(`line ${i + 2} of ${path} is no phantom: ${z.prettifyError(record.error).replaceAll("\n", " ")}`);
      return record.data;
    });
}

/** Throws unless the folder is new, empty, or holds phantoms of these settings. */
async function mayUse(out: string, settings: Settings): Promise<void> {
  const files = existsSync(out) ? await readdir(out) : [];
  if (files.length === 0) return;
  const path = join(out, journalName);
  if (!files.includes(journalName)) throw inputError(`${out} holds ${files[0]} and no phantoms; expected a new or empty folder`);
  const [first] = readEventLog(path);
  if (first === undefined) return;
  const found = settingsLine.safeParse(first);
  if (!found.success) throw inputError(`${path} does not begin with the settings of a set of phantoms`);
  for (const name of ["seed", "size", "spacingMm", "difficulty"] as const) {
    const [here, wanted] = [String(found.data[name]), String(settings[name])];
    if (here !== wanted)
      throw inputError(`${out} holds phantoms with ${name} ${here}, not ${wanted}; expected the same settings or another folder`);
  }
}

/** The records in the order of their places in the set, which threads may have finished in another. */
function orderOf(settings: Settings, known: ReadonlyMap<string, PhantomRecord>): PhantomRecord[] {
  const ordered: PhantomRecord[] = [];
  for (let i = 0; ordered.length < known.size; i++) {
    const record = known.get(seriesUid(settings, i));
    if (record) ordered.push(record);
  }
  return ordered;
}

async function writeTables(out: string, records: readonly PhantomRecord[]): Promise<void> {
  const table = (findings: "nodules" | "excluded"): string =>
    formatFindings(
      records.flatMap((record) => record[findings].map(({ x, y, z, diameterMm }) => ({ scan: record.scan, x, y, z, diameterMm }))),
    );
  await replaceFile(join(out, "annotations.csv"), table("nodules"));
  await replaceFile(join(out, "annotations_excluded.csv"), table("excluded"));
  // LUNA16's list of series has CRLF line ends and no header.
  await replaceFile(join(out, "seriesuids.csv"), records.map(({ scan }) => `${scan}\r\n`).join(""));
}
