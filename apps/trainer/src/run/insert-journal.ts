import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readEventLog } from "@gleaner/training/node";
import { z } from "zod";
import { inputError } from "../errors.js";

// As with phantoms, the journal says what is in each block, so that a set can be resumed and a result be told by kinds of nodule.
export const insertJournalName = "inserted.jsonl";

const place = { x: z.number(), y: z.number(), z: z.number(), diameterMm: z.number() };
const triple = z.tuple([z.number(), z.number(), z.number()]);
const settingsLine = z.object({
  version: z.literal(1),
  seed: z.number(),
  size: triple,
  spacingMm: triple,
  /** The scans in order, each as its id and how many bytes it has. */
  into: z.array(z.string()),
  /** The tables and the template, in the same way; "none" where there is none. */
  annotations: z.string(),
  excluded: z.string(),
  template: z.string(),
});
const blockLine = z.object({
  scan: z.string(),
  patient: z.string(),
  /** Where the block was cut out, in voxels of the resampled scan. */
  start: triple,
  shape: triple,
  nodules: z.array(
    z.object({
      ...place,
      kind: z.enum(["solid", "part-solid", "ground-glass"]),
      attachment: z.enum(["isolated", "vessel", "pleura"]),
      margin: z.enum(["smooth", "lobulated", "spiculated", "template"]),
      hu: z.number(),
    }),
  ),
  real: z.array(z.object(place)),
  excluded: z.array(z.object(place)),
  /** What the nodules were matched to. */
  matched: z.object({ spreadMm: triple, noiseHu: z.number(), lungHu: z.number() }),
});

export type InsertSettings = z.infer<typeof settingsLine>;
/** One block of the journal: where it is from, what was inserted, what was there. */
export type InsertRecord = z.infer<typeof blockLine>;

/** What is in each block of a folder, in the order in which they were made; empty where there is no journal. */
export function readInsertRecords(folder: string): InsertRecord[] {
  const path = join(folder, insertJournalName);
  if (!existsSync(path)) return [];
  return readEventLog(path)
    .slice(1)
    .map((line, i) => {
      const record = blockLine.safeParse(line);
      if (!record.success) throw inputError(`line ${i + 2} of ${path} is no block: ${z.prettifyError(record.error).replaceAll("\n", " ")}`);
      return record.data;
    });
}

/** Throws unless the folder is new, empty, or holds blocks of these settings. */
export async function mayInsertInto(out: string, settings: InsertSettings): Promise<void> {
  const files = existsSync(out) ? await readdir(out) : [];
  if (files.length === 0) return;
  const path = join(out, insertJournalName);
  if (!files.includes(insertJournalName))
    throw inputError(`${out} holds ${files[0]} and no inserted nodules; expected a new or empty folder`);
  const [first] = readEventLog(path);
  if (first === undefined) return;
  const found = settingsLine.safeParse(first);
  if (!found.success) throw inputError(`${path} does not begin with the settings of a set of inserted nodules`);
  for (const name of ["seed", "size", "spacingMm", "into", "annotations", "excluded", "template"] as const) {
    const [here, wanted] = [String(found.data[name]), String(settings[name])];
    if (here !== wanted)
      throw inputError(`${out} holds blocks with ${name} ${here}, not ${wanted}; expected the same settings or another folder`);
  }
}
