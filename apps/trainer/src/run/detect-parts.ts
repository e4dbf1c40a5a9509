import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { z } from "zod";
import { inputError } from "../errors.js";
import { outputKinds } from "./detect-outputs.js";
import { writeWhole } from "./run-folder.js";

const mark = z.object({
  x: z.number(),
  y: z.number(),
  z: z.number(),
  probability: z.number().min(0).max(1),
  sizeMm: z.tuple([z.number(), z.number(), z.number()]),
});

const finishedScan = z.object({
  scan: z.string(),
  /** The checksum of the files that it was found in. */
  source: z.string(),
  marks: z.array(mark),
  files: z.partialRecord(z.enum(outputKinds), z.string().nullable()),
});

/** What is known of a scan that is done. */
export type FinishedScan = z.infer<typeof finishedScan>;

/** What makes two calls write the same of a scan: the detector's checksum and the options. */
export type CallFacts = Readonly<Record<string, string | number | undefined>>;

/** Results of scans beside the output: one line of JSON a finished scan after one on the call; gone when the output is written. */
export interface Parts {
  /** What a killed call has finished, by the scans' ids. */
  readonly finished: ReadonlyMap<string, FinishedScan>;
  add(scan: FinishedScan): void;
  remove(): void;
}

export const partsPath = (out: string): string => `${out}.parts.jsonl`;

/** Some 10,000 bytes a scan. */
const maxBytes = 2 ** 28;

/** The parts of an output, of a call before if it is gone on with; throws where there are some of another call, or it is not said to go on. */
export function openParts(out: string, call: CallFacts, resume: boolean): Parts {
  const path = partsPath(out);
  const before = existsSync(path) ? readParts(path) : undefined;
  if (before && !resume)
    throw inputError(
      `${path} holds the scans that a call before has finished; expected --resume to go on, or the file deleted to begin anew`,
    );
  const changed = before && Object.keys({ ...before.call, ...call }).find((name) => before.call[name] !== call[name]);
  if (changed !== undefined) {
    const [is, was] = [call[changed], before!.call[changed]].map((value) => JSON.stringify(value) ?? "not given");
    throw inputError(
      `${path}: ${changed} is ${is} now and was ${was}; expected the call that is gone on with, or the file deleted to begin anew`,
    );
  }
  const finished = before?.finished ?? new Map<string, FinishedScan>();
  let begun = false;
  return {
    finished,
    add(scan) {
      const lines = begun ? [scan] : [call, ...finished.values(), scan];
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      // Written whole the first time, so that half a line of a killed call is gone before another follows it.
      if (begun) appendFileSync(path, text);
      else writeWhole(path, text);
      begun = true;
    },
    remove: () => rmSync(path, { force: true }),
  };
}

function readParts(path: string): { call: CallFacts; finished: Map<string, FinishedScan> } {
  const { size } = statSync(path);
  if (size > maxBytes) throw inputError(`${path} has ${size} bytes; expected at most ${maxBytes}, the results of some ten thousand scans`);
  const [first = "", ...lines] = readFileSync(path, "utf8").split("\n");
  const call = z.record(z.string(), z.union([z.string(), z.number()])).safeParse(parsed(first));
  if (!call.success) throw inputError(`${path} does not begin with a line on its call; expected the file that \`gleaner detect\` leaves`);
  // The last line may be half of one: its scan is done again.
  const scans = lines.flatMap((line) => finishedScan.safeParse(parsed(line)).data ?? []);
  return { call: call.data, finished: new Map(scans.map((scan) => [scan.scan, scan])) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
