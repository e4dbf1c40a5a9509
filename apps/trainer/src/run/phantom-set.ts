import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@gleaner/training";
import { createEventLog, readEventLog } from "@gleaner/training/node";
import { formatFindings } from "@gleaner/volumes";
import { writeVolume } from "@gleaner/volumes/node";
import { z } from "zod";
import type { Triple } from "../phantom/canvas.js";
import type { Difficulty, Phantom } from "../phantom/types.js";
import { replaceFile, seriesUid } from "./phantom-files.js";
import { phantomMakers } from "./phantom-makers.js";
import { mayAddTo, readSetRecords, type SetJournal } from "./set-journal.js";

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
const journalOfSet = {
  name: journalName,
  settings: settingsLine,
  line: scanLine,
  fixed: ["seed", "size", "spacingMm", "difficulty"],
  words: { set: "phantoms", many: "phantoms", one: "phantom" },
} satisfies SetJournal<typeof settingsLine, typeof scanLine>;

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
  await mayAddTo(out, journalOfSet, settings);
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
export const readPhantomRecords = (folder: string): PhantomRecord[] => readSetRecords(folder, journalOfSet);

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
