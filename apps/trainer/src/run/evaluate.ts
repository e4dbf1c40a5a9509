import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FrocInput, FrocResult } from "@gleaner/froc";
import { inputError } from "../errors.js";
import { candidatesOf, writeCandidates } from "./candidates-file.js";
import { resolveSplit, type Scan } from "./data-split.js";
import { cutSlices } from "./evaluation-slices.js";
import { judgeMarks, type MarksJudgment, type SizeBand } from "./judge-marks.js";
import { createScanStore, type ScanStore } from "./prepared-scans.js";
import { readRunConfig, runFiles, validationFolder, writeJsonFile } from "./run-folder.js";
import { writeTeacherPictures } from "./teacher-pictures.js";
import { loadTrainedDetector, type Mark, type TrainedDetector } from "./trained-detector.js";

export interface EvaluateOptions {
  run: string;
  /** Which held-out scans: those that settings are chosen by, or those that are looked at last; the latter unless told. */
  part?: "validation" | "test";
  /** Whether only the moving average of the weights is judged, which is the result, or the student (the weights of the last step) too; both unless told. */
  weights?: "ema" | "both";
  /** Whether what the teacher makes of unlabeled patches is drawn too; unless told, with the test scans. */
  pictures?: boolean;
  preparedFolder: string;
  signal?: AbortSignal;
  onScan?: (done: number, total: number) => void;
  /** A line about what could not be shown. */
  onNote?: (text: string) => void;
}

export interface EvaluateResult {
  run: string;
  step: number;
  froc: FrocResult;
  bySize: SizeBand[];
  /** Of the weights of the last step, if they were judged. */
  student?: MarksJudgment;
}

/** Detects on held-out scans of a run and judges the candidates by LUNA16's rules; writes everything under `evaluation/` or `validation/`. */
export async function evaluate(options: EvaluateOptions): Promise<EvaluateResult> {
  const { run, part = "test", pictures = part === "test", preparedFolder, signal } = options;
  const config = readRunConfig(run);
  const source = join(run, runFiles.config);
  const split = await resolveSplit(config, { source, folder: preparedFolder, savedIn: run, ...(signal && { signal }) });
  const scans = split[part];
  if (config.data[part] === 0 || scans.length === 0)
    throw inputError(`${source}: data.${part} names no scan; expected at least one to evaluate on`);
  const store = createScanStore(config.preprocessing, preparedFolder);
  const { step, ofAverage, ofStudent } = await detectOn(scans, store, options);

  const tested = new Set(scans.map((scan) => scan.id));
  const findings = split.findings.filter((finding) => tested.has(finding.scan));
  const excluded = split.excluded.filter((finding) => tested.has(finding.scan));
  const inputOf = (marksOf: MarksOfScans) => {
    const candidates = [...marksOf].flatMap(([scan, marks]) => candidatesOf(scan, marks));
    return { scans: [...tested], findings, excluded, candidates } satisfies FrocInput;
  };
  const input = inputOf(ofAverage);
  const { bySize, scores, ...froc } = judgeMarks(input);
  const ofLast = ofStudent && inputOf(ofStudent);
  const student = ofLast && judgeMarks(ofLast);
  const slices = await cutSlices(scans, ofAverage, findings, excluded, (scan) => store.get(scan), config.preprocessing.windowHu);

  const folder = join(run, part === "test" ? runFiles.evaluation : validationFolder);
  mkdirSync(folder, { recursive: true });
  writeCandidates(join(folder, "candidates.csv"), input.candidates);
  const studentPath = join(folder, "student-candidates.csv");
  if (ofLast) writeCandidates(studentPath, ofLast.candidates);
  // Marks of an evaluation before would not be those of this one.
  else rmSync(studentPath, { force: true });
  writeJsonFile(join(folder, "slices.json"), slices);
  writeJsonFile(join(folder, "froc.json"), { step, ...froc, bySize, scores, ...(student && { student }) });
  // Settings are chosen by numbers; the pictures go with the scans that are looked at last.
  if (pictures) await writeTeacherPictures(folder, run, config, split, store, options);
  return { run, step, froc, bySize, ...(student && { student }) };
}

type MarksOfScans = ReadonlyMap<string, readonly Mark[]>;

/** The marks of the average of the weights, and of the student if it is asked for; each scan is read once. */
async function detectOn(
  scans: readonly Scan[],
  store: ScanStore,
  { run, weights = "both", signal, onScan }: EvaluateOptions,
): Promise<{ step: number; ofAverage: MarksOfScans; ofStudent?: MarksOfScans }> {
  const ofAverage = new Map<string, Mark[]>();
  const ofStudent = new Map<string, Mark[]>();
  const detectors: TrainedDetector[] = [];
  try {
    const average = loadTrainedDetector(run);
    detectors.push(average);
    const student = weights === "both" ? loadTrainedDetector(run, { weights: "live" }) : undefined;
    if (student) detectors.push(student);
    for (const [i, scan] of scans.entries()) {
      const prepared = await store.get(scan);
      for (const [detector, marksOf] of [[average, ofAverage] as const, ...(student ? [[student, ofStudent] as const] : [])]) {
        signal?.throwIfAborted();
        marksOf.set(scan.id, await detector.detect(prepared, signal ? { signal } : {}));
      }
      onScan?.(i + 1, scans.length);
    }
    return { step: average.step, ofAverage, ...(student && { ofStudent }) };
  } finally {
    for (const detector of detectors) detector.dispose();
  }
}
