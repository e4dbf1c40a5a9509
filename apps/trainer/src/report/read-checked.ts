import { existsSync } from "node:fs";
import { join } from "node:path";
import { type LogEvent, readEventLog } from "@gleaner/training/node";
import { z } from "zod";
import { inputError } from "../errors.js";
import { readJsonFile, runFiles } from "../run/run-folder.js";

/** Steps, images, scans. */
export const amount = z.int().min(0);

/** A number that was written as null where it is NaN, which JSON does not have. */
export const numberOrNaN = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** Engine, versions, when a run started. */
export const environment = z.record(z.string(), z.unknown());

/** Reads a JSON file of a run and holds it against its schema. */
export const readChecked = <S extends z.ZodType>(path: string, schema: S): z.output<S> => check(path, schema, readJsonFile(path));

/** A file of a run that somebody wrote by hand or another version wrote is refused in one sentence. */
function check<S extends z.ZodType>(path: string, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw inputError(`${path} is not what a run leaves behind: ${issue.path.join(".") || "the document"}: ${issue.message}`);
}

/** The log of a run: where it is, and what it holds. */
export function readLog(run: string): { log: string; events: LogEvent[] } {
  const log = join(run, runFiles.events);
  if (!existsSync(log)) throw inputError(`${log} does not exist; expected the event log of a run`);
  return { log, events: readEventLog(log) };
}

/** The events of one kind, each held against its schema. */
export const eventsOf = <S extends z.ZodType>({ log, events }: ReturnType<typeof readLog>, kind: string, schema: S): z.output<S>[] =>
  check(
    log,
    z.array(schema),
    events.filter((event) => event["kind"] === kind),
  );
