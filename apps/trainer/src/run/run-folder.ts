import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, validateConfig } from "../config.js";
import { inputError } from "../errors.js";

// What a run leaves behind, one file a concern:
//   config.json              the configuration with every default filled in
//   environment.json         engine, versions, when it started
//   split.json               which scans were labeled, unlabeled and held out
//   events.jsonl             one line a step, and one an evaluation
//   checkpoint.safetensors   weights, averages, optimizer and random state: enough to go on, and to detect
//   evaluation/              candidates.csv, annotations.csv, …, froc.json, slices.json
export const runFiles = {
  config: "config.json",
  environment: "environment.json",
  split: "split.json",
  events: "events.jsonl",
  checkpoint: "checkpoint.safetensors",
  evaluation: "evaluation",
} as const;

/** Writes under a temporary name, then renames: nobody ever reads half a file. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

export const writeJsonFile = (path: string, value: unknown): void => writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);

/** Reads a JSON file of a run; throws one sentence when it is missing or broken. */
export function readJsonFile<T>(path: string): T {
  if (!existsSync(path)) throw inputError(`${path} does not exist; expected a file of a run`);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    throw inputError(`${path} is no JSON: ${(error as Error).message}`, error);
  }
}

export function createRunFolder(run: string): void {
  mkdirSync(run, { recursive: true });
}

/** The configuration of a run. */
export function readRunConfig(run: string): Config {
  if (!existsSync(run)) throw inputError(`${run} does not exist; expected the folder of a run, as \`gleaner train\` makes`);
  const path = join(run, runFiles.config);
  return validateConfig(readJsonFile(path), path);
}
