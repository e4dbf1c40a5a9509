import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type AnyConfig, type Config, validateAnyConfig, validateConfig } from "../config.js";
import { inputError } from "../errors.js";

// What a run leaves behind, one file a concern:
//   config.json              the configuration with every default filled in
//   environment.json         engine, versions, when it started
//   split.json               which scans were labeled, unlabeled and held out
//   events.jsonl             one line a step
//   checkpoint.safetensors   weights, averages, optimizer and state: enough to go on, and to detect
//   evaluation/              candidates.csv, student-candidates.csv, froc.json, slices.json, targets.json, mixup.json; of a classification run classification.json
export const runFiles = {
  config: "config.json",
  environment: "environment.json",
  split: "split.json",
  events: "events.jsonl",
  checkpoint: "checkpoint.safetensors",
  evaluation: "evaluation",
} as const;

/** The weights with the lowest validation error of a classification run that has validation images. */
export const bestCheckpoint = "best.safetensors";

/** What `gleaner evaluate --part validation` leaves: the files of the evaluation. */
export const validationFolder = "validation";

/** Writes under a temporary name, then renames: nobody ever reads half a file. */
export function writeWhole(path: string, text: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // The user knows the file by the name that it would have had.
    throw Object.assign(error as Error, { path });
  }
}

/** Throws unless a file can get this name; asked before long work whose result goes there. */
export function checkOutput(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw inputError(`${path} is a folder; expected the name of a file to write`);
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) throw inputError(`${path} cannot be written, because ${folder} is a file; expected a folder`);
}

export const writeJsonFile = (path: string, value: unknown): void => writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);

/** Reads a JSON file of a run; throws one sentence when it is missing or broken. */
export function readJsonFile<T>(path: string): T {
  if (!existsSync(path)) throw inputError(`${path} does not exist; expected a file of a run`);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    throw inputError(`${path} is no JSON: ${(error as Error).message.replace(/\s+/g, " ")}`, error);
  }
}

const readFromRun = <C>(run: string, validate: (value: unknown, source: string) => C): C => {
  if (!existsSync(run)) throw inputError(`${run} does not exist; expected the folder of a run, as \`gleaner train\` makes`);
  const path = join(run, runFiles.config);
  return validate(readJsonFile(path), path);
};

/** The configuration of a detection run. */
export const readRunConfig = (run: string): Config => readFromRun(run, validateConfig);

/** The configuration of a run of any task. */
export const readAnyRunConfig = (run: string): AnyConfig => readFromRun(run, validateAnyConfig);

/** Throws unless a run may begin in the folder, or go on with the settings it was started with. */
export function checkRunFolder(config: AnyConfig, run: string, resume: boolean): void {
  const checkpoint = join(run, runFiles.checkpoint);
  if (resume) {
    if (!existsSync(checkpoint)) throw inputError(`${checkpoint} does not exist; expected the checkpoint of a run to resume`);
    const changed = difference(readAnyRunConfig(run), config);
    if (changed) throw inputError(`${join(run, runFiles.config)}: ${changed}; expected the settings that the run was started with`);
    return;
  }
  if (existsSync(checkpoint)) throw inputError(`${run} holds a run already; expected a new folder, or --resume to go on with it`);
  if (!existsSync(run)) return;
  if (!statSync(run).isDirectory()) throw inputError(`${run} is a file; expected a folder for the run`);
  // What a run leaves behind that was killed before its first checkpoint is overwritten; nothing else is.
  const own: string[] = [...Object.values(runFiles), bestCheckpoint, validationFolder];
  const foreign = readdirSync(run).find(
    (name) => !own.some((file) => name === file || (name.startsWith(`${file}.`) && name.endsWith(".tmp"))),
  );
  if (foreign !== undefined) throw inputError(`${run} holds ${foreign}, which is no part of a run; expected a new or empty folder`);
}

/** The first setting that differs, in words; nothing if the two are the same. */
function difference(before: unknown, after: unknown, name = ""): string | undefined {
  const isGroup = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (isGroup(before) && isGroup(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const found = difference(before[key], after[key], name === "" ? key : `${name}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const [was, is] = [before, after].map((value) => JSON.stringify(value) ?? "not set");
  return was === is ? undefined : `${name} is ${is} now and was ${was}`;
}
