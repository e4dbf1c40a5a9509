import { existsSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { loadCheckpoint } from "@gleaner/training/node";
import { stringify } from "yaml";
import { type Config, readConfig } from "../config.js";
import { inputError } from "../errors.js";
import { writeReport } from "../report/write-report.js";
import { evaluate } from "./evaluate.js";
import { writePhantomSet } from "./phantom-set.js";
import { readJsonFile, readRunConfig, runFiles, writeJsonFile, writeWhole } from "./run-folder.js";
import { type StepEvent, train } from "./train.js";

export interface DemoOptions {
  out: string;
  seed: number;
  /** For the two trainings together; everything else comes on top. */
  trainingMinutes: number;
  environment: Record<string, unknown>;
  preparedFolder: string;
  signal?: AbortSignal;
  onProgress?: (work: string, unit: string, done: number, total: number, note?: string) => void;
  /** A line about what was decided. */
  onNote?: (text: string) => void;
}

export interface DemoResult {
  report: string;
  steps: number;
  runs: { run: string; method: Config["method"]; cpm: number }[];
}

const methods = ["supervised", "focalmix"] as const;
// Few labels and a stretch of scans without any; small enough that two cores draw and judge them in a minute.
const scans = { labeled: 4, unlabeled: 60, test: 32 };

/** What a demo was started with; a demo that is called again goes on only with the same. */
interface Plan {
  seed: number;
  engine: string;
  steps: number;
}

/** Phantoms, supervised training and FocalMix at equal steps, their evaluation and one report; what an earlier call has done is kept. */
export async function demo(options: DemoOptions): Promise<DemoResult> {
  const { out, seed, signal, onProgress, onNote = () => {} } = options;
  mkdirSync(out, { recursive: true });
  const phantoms = join(out, "phantoms");
  const total = scans.labeled + scans.unlabeled + scans.test;
  const set = await writePhantomSet({
    out: phantoms,
    scans: total,
    seed,
    size: [64, 64, 64],
    threads: Math.min(8, availableParallelism()),
    ...(signal && { signal }),
    onProgress: (done, all) => onProgress?.("phantoms", "scans", done, all),
  });
  onNote(
    `${set.scans} phantoms with ${set.nodules} nodules: ${scans.labeled} labeled, ${scans.unlabeled} unlabeled, ${scans.test} held out`,
  );

  const plan = await makePlan(options);
  const runs: DemoResult["runs"] = [];
  for (const method of methods) {
    const path = join(out, `${method}.yaml`);
    writeWhole(
      path,
      `# Made by gleaner demo; \`gleaner train ${path} --out RUN\` runs it again.\n${stringify(settings(method, seed, plan.steps))}`,
    );
    const run = join(out, method);
    await trainOnce(readConfig(path), run, options);
    const { froc } = await evaluate({
      run,
      preparedFolder: options.preparedFolder,
      ...(signal && { signal }),
      onScan: (done, all) => onProgress?.(`evaluate ${method}`, "scans", done, all),
    });
    runs.push({ run, method, cpm: froc.cpm });
  }
  const report = join(out, "report.html");
  writeReport(
    runs.map(({ run }) => run),
    report,
    {
      title: "Gleaner demo: learning from unlabeled CT",
      intro: `A 3D detector trained twice for ${plan.steps} steps on synthetic low-dose chest CTs: on ${scans.labeled} labeled scans alone, and with FocalMix on ${scans.unlabeled} unlabeled ones besides. Both are judged on ${scans.test} scans that neither has seen.`,
    },
  );
  return { report, steps: plan.steps, runs };
}

/** Only what differs from the defaults, so that the file can be read. */
const settings = (method: Config["method"], seed: number, steps: number): object => ({
  method,
  seed,
  data: { root: "phantoms", ...scans, splitSeed: seed },
  // The phantoms are blocks of lung: there is nothing to crop away.
  preprocessing: { lungMask: false },
  // Half the default batch: in a given time more and smaller steps learn more here.
  training: { steps, labeledBatch: 4, unlabeledBatch: 4, checkpointEvery: 200 },
  ...(method === "focalmix" && { focalmix: { views: 2 } }),
});

async function trainOnce(config: Config, run: string, { environment, preparedFolder, signal, onProgress }: DemoOptions): Promise<void> {
  const checkpoint = join(run, runFiles.checkpoint);
  const resume = existsSync(checkpoint);
  // By the checkpoint and not by the log, which a killed run leaves ahead of it.
  const { step = 0 } = resume ? (loadCheckpoint(checkpoint).meta as { step?: number }) : {};
  if (step >= config.training.steps && sameSettings(config, run)) return;
  const { stopped } = await train(config, {
    run,
    resume,
    environment,
    preparedFolder,
    ...(signal && { signal }),
    onStep: ({ step, loss }, total) => onProgress?.(config.method, "steps", step, total, `loss ${loss.toFixed(3)}`),
  });
  if (stopped) signal?.throwIfAborted();
}

const sameSettings = (config: Config, run: string): boolean => JSON.stringify(readRunConfig(run)) === JSON.stringify(config);

/** As many steps as the engine does in the time: a few are measured first. The plan is kept, since a run goes on only with the steps it began with. */
async function makePlan(options: DemoOptions): Promise<Plan> {
  const { out, seed, trainingMinutes, environment, onNote = () => {} } = options;
  const path = join(out, "demo.json");
  const engine = String(environment["engine"]);
  if (existsSync(path)) {
    const plan = readJsonFile<Plan>(path);
    if (plan.seed !== seed || plan.engine !== engine) {
      throw inputError(
        `${out} holds a demo with seed ${plan.seed} on ${plan.engine}; expected seed ${seed} on ${engine}, or another --out`,
      );
    }
    onNote(`going on with the demo in ${relative(".", out) || out}: ${plan.steps} steps for each method`);
    return plan;
  }
  const seconds = { supervised: await secondsOfAStep("supervised", options), focalmix: await secondsOfAStep("focalmix", options) };
  // FocalMix begins with 30 % of supervised steps.
  const pair = seconds.supervised + 0.3 * seconds.supervised + 0.7 * seconds.focalmix;
  const steps = Math.max(60, Math.min(3000, Math.floor((60 * trainingMinutes) / pair / 10) * 10));
  const plan: Plan = { seed, engine, steps };
  writeJsonFile(path, plan);
  onNote(
    `a supervised step takes ${(1000 * seconds.supervised).toFixed(0)} ms here, one of FocalMix ${(1000 * seconds.focalmix).toFixed(0)} ms: ${steps} steps for each method`,
  );
  return plan;
}

/** The median time of a step with everything in it, after the engine has warmed up. */
async function secondsOfAStep(method: Config["method"], { out, seed, environment, preparedFolder, signal }: DemoOptions): Promise<number> {
  const probe = join(out, "probe");
  const path = join(out, "probe.yaml");
  rmSync(probe, { recursive: true, force: true });
  const measured: StepEvent[] = [];
  try {
    writeWhole(
      path,
      stringify({
        ...settings(method, seed, 10),
        ...(method === "focalmix" && { focalmix: { views: 2, supervisedUntil: 0, rampOver: 0 } }),
      }),
    );
    await train(readConfig(path), {
      run: probe,
      environment,
      preparedFolder,
      ...(signal && { signal }),
      onStep: (event) => measured.push(event),
    });
  } finally {
    rmSync(probe, { recursive: true, force: true });
    rmSync(path, { force: true });
  }
  signal?.throwIfAborted();
  const sorted = measured
    .slice(3)
    .map((event) => event.seconds)
    .sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
