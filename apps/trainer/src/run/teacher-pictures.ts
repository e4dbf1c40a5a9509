import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.js";
import { explainError } from "../errors.js";
import type { DataSplit } from "./data-split.js";
import { drawMixtures } from "./mixture-pictures.js";
import type { ScanStore } from "./prepared-scans.js";
import { writeJsonFile } from "./run-folder.js";
import { drawTargets } from "./target-pictures.js";
import { loadTrainedTeacher } from "./teacher-targets.js";

/** What a run that learns from unlabeled scans leaves of its teacher's targets and of MixUp. */
export const pictureFiles = { targets: "targets.json", mixtures: "mixup.json" } as const;

/** Writes what the report shows of the unlabeled patches of a run; a note where its scans cannot be read any more: the judgment does not need them. */
export async function writeTeacherPictures(
  folder: string,
  run: string,
  config: Config,
  split: DataSplit,
  store: ScanStore,
  { signal, onNote = () => {} }: { signal?: AbortSignal; onNote?: (text: string) => void },
): Promise<void> {
  // Pictures of an evaluation before would not be those of these weights.
  for (const file of Object.values(pictureFiles)) rmSync(join(folder, file), { force: true });
  if (config.method === "supervised" || split.unlabeled.length === 0) return;
  const teacher = loadTrainedTeacher(run, config, split.unlabeled.length);
  try {
    writeJsonFile(join(folder, pictureFiles.targets), await drawTargets(teacher, split, store, signal));
    const { mixUp, mixUpAlpha } = config.focalmix;
    if (config.method === "focalmix" && mixUp !== "none" && mixUpAlpha > 0)
      writeJsonFile(join(folder, pictureFiles.mixtures), await drawMixtures(teacher, split, store));
  } catch (error) {
    signal?.throwIfAborted();
    if (!isOfData(error)) throw error;
    onNote(`no pictures of unlabeled patches: ${explainError(error).text}`);
  } finally {
    teacher.detector.dispose();
  }
}

/** Whether an error is about what lies on the disk. */
const isOfData = (error: unknown): boolean => explainError(error).exitCode === 2;
