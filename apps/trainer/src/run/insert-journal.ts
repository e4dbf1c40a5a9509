import { z } from "zod";
import { mayAddTo, readSetRecords, type SetJournal } from "./set-journal.js";

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

const journalOfSet = {
  name: insertJournalName,
  settings: settingsLine,
  line: blockLine,
  fixed: ["seed", "size", "spacingMm", "into", "annotations", "excluded", "template"],
  words: { set: "inserted nodules", many: "blocks", one: "block" },
} satisfies SetJournal<typeof settingsLine, typeof blockLine>;

/** What is in each block of a folder, in the order in which they were made; empty where there is no journal. */
export const readInsertRecords = (folder: string): InsertRecord[] => readSetRecords(folder, journalOfSet);

/** Throws unless the folder is new, empty, or holds blocks of these settings. */
export const mayInsertInto = (out: string, settings: InsertSettings): Promise<void> => mayAddTo(out, journalOfSet, settings);
