import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readEventLog } from "@gleaner/training/node";
import { z } from "zod";
import { inputError } from "../errors.js";

/** The journal of a folder of made scans: what they were made by in its first line, what is in each scan in the others. */
export interface SetJournal<Settings extends z.ZodType, Line extends z.ZodType> {
  /** Its file. */
  name: string;
  settings: Settings;
  line: Line;
  /** Settings that have to be the same for a set to go on. */
  fixed: readonly (keyof z.infer<Settings> & string)[];
  /** What sentences call the set, its scans and one of them. */
  words: { set: string; many: string; one: string };
}

/** What is in each scan of a folder, in the order in which they were made; empty where there is no journal. */
export function readSetRecords<Line extends z.ZodType>(
  folder: string,
  { name, line: schema, words }: Pick<SetJournal<z.ZodType, Line>, "name" | "line" | "words">,
): z.infer<Line>[] {
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  return readEventLog(path)
    .slice(1)
    .map((line, i) => {
      const record = schema.safeParse(line);
      if (!record.success)
        throw inputError(`line ${i + 2} of ${path} is no ${words.one}: ${z.prettifyError(record.error).replaceAll("\n", " ")}`);
      return record.data;
    });
}

/** Throws unless the folder is new, empty, or holds scans of these settings. */
export async function mayAddTo<Settings extends z.ZodType>(
  out: string,
  { name: journal, settings: schema, fixed, words }: Omit<SetJournal<Settings, z.ZodType>, "line">,
  settings: z.infer<Settings>,
): Promise<void> {
  const files = existsSync(out) ? await readdir(out) : [];
  if (files.length === 0) return;
  const path = join(out, journal);
  if (!files.includes(journal)) throw inputError(`${out} holds ${files[0]} and no ${words.set}; expected a new or empty folder`);
  const [first] = readEventLog(path);
  if (first === undefined) return;
  const found = schema.safeParse(first);
  if (!found.success) throw inputError(`${path} does not begin with the settings of a set of ${words.set}`);
  for (const name of fixed) {
    const [here, wanted] = [String(found.data[name]), String(settings[name])];
    if (here !== wanted)
      throw inputError(`${out} holds ${words.many} with ${name} ${here}, not ${wanted}; expected the same settings or another folder`);
  }
}
