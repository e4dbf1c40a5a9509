import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cpmRates } from "@gleaner/froc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, readAnyConfig } from "../src/config.js";
import type { DetectorComparison } from "../src/reproduce/detection-comparisons.js";
import { detectionMethodNames } from "../src/reproduce/detection-methods.js";
import type { DetectionRow } from "../src/reproduce/detection-rows.js";
import { detectionTask } from "../src/reproduce/detection-task.js";
import { makePhantoms, type PhantomDesign, phantomRuns } from "../src/reproduce/phantom-runs.js";
import { phantomDesign } from "../src/reproduce/phantoms.js";
import type { PlannedRun, PlanOptions } from "../src/reproduce/plan.js";
import { configOf, reproduce } from "../src/reproduce/reproduce.js";
import { tables } from "../src/reproduce/tables.js";
import type { TaskContext } from "../src/reproduce/task.js";
import { phantomIds } from "../src/run/phantom-set.js";
import { runFiles } from "../src/run/run-folder.js";
import { startEngine } from "../src/run/start-engine.js";
import { call } from "./helpers.js";
import { tinySettings } from "./training-set.js";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "reproduce-detection-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const signal = new AbortController().signal;
const idsOf = (run: PlannedRun) => configOf(run).data as unknown as Record<"labeled" | "unlabeled" | "validation" | "test", string[]>;
const plan = (options: Partial<PlanOptions> = {}, design: PhantomDesign = phantomDesign) =>
  phantomRuns(design, { data: "/phantoms", methods: ["focalmix"], seeds: 1, firstSeed: 0, ...options });

describe("the plan of phantoms", () => {
  test("has parts of the stated sizes that share no scan, held out the same for every seed and method", () => {
    const runs = plan({ seeds: 3, methods: detectionMethodNames });
    expect(runs).toHaveLength(3 * detectionMethodNames.length);
    const held = idsOf(runs[0]!);
    expect([held.test.length, held.validation.length]).toEqual([100, 60]);
    for (const run of runs) {
      const { labeled, unlabeled, test: judges, validation } = idsOf(run);
      expect([judges, validation]).toEqual([held.test, held.validation]);
      const all = [...labeled, ...(Array.isArray(unlabeled) ? unlabeled : []), ...judges, ...validation];
      expect(new Set(all).size).toBe(all.length);
    }
  });

  test("draws other scans for another seed; fewer labeled scans are among more of them, and the unlabeled ones stay", () => {
    const [first, second] = plan({ seeds: 2 }) as [PlannedRun, PlannedRun];
    expect(idsOf(first).labeled).toHaveLength(10);
    expect(idsOf(first).unlabeled).toHaveLength(80);
    expect(idsOf(first).labeled).not.toEqual(idsOf(second).labeled);
    const five = idsOf(plan({ labeled: 5 })[0]!);
    expect(idsOf(first).labeled.slice(0, 5)).toEqual(five.labeled);
    expect(five.unlabeled).toEqual(idsOf(first).unlabeled);
    expect(plan({ labeled: 5 })[0]).toMatchObject({ id: "5-labeled-80-unlabeled/focalmix/seed0", cell: "5 labeled, 80 unlabeled" });
  });

  test("easy phantoms are other scans, and larger patches the same scans with another setting", () => {
    const [usual, easy, large] = [{}, { difficulty: "easy" as const }, { patch: 48 }].map((options) => plan(options)[0]!) as [
      PlannedRun,
      PlannedRun,
      PlannedRun,
    ];
    const scansOf = (run: PlannedRun) => [...idsOf(run).labeled, ...idsOf(run).unlabeled, ...idsOf(run).test];
    expect(scansOf(easy)).toHaveLength(scansOf(usual).length);
    expect(scansOf(easy).filter((id) => scansOf(usual).includes(id))).toEqual([]);
    expect(scansOf(large)).toEqual(scansOf(usual));
    const patchOf = (run: PlannedRun) => (configOf(run) as Config).training.patch;
    expect([patchOf(usual), patchOf(easy), patchOf(large)]).toEqual([32, 32, 48]);
  });

  test("more scans than the pool has make a larger one", () => {
    const { labeled, unlabeled } = idsOf(plan({ labeled: 30, unlabeled: 400 })[0]!);
    expect(new Set([...labeled, ...unlabeled]).size).toBe(430);
  });

  test("gives all rows the same steps and augmentation, but the one of equal time", () => {
    const configs = plan({ methods: detectionMethodNames }).map((run) => [run.method, configOf(run) as Config] as const);
    for (const [name, { training, preprocessing }] of configs) {
      const { steps, ...rest } = training;
      const { steps: _, ...same } = configs[0]![1].training;
      expect(rest).toEqual(same);
      expect(preprocessing).toEqual(configs[0]![1].preprocessing);
      expect(steps, name).toBe(Math.round((name === "supervised-equal-time" ? phantomDesign.equalTimeFactor : 1) * phantomDesign.steps));
    }
  });

  test("supervised rows are one run for any number of unlabeled scans, and all labels are those of both", () => {
    const of = (unlabeled: number) => plan({ unlabeled, methods: ["supervised", "full"] }) as [PlannedRun, PlannedRun];
    expect(of(20)[0]).toMatchObject({ id: "10-labeled/supervised/seed0", settings: of(80)[0].settings });
    const [mixed] = plan({ unlabeled: 20 }) as [PlannedRun];
    expect(idsOf(of(20)[1]).labeled).toEqual([...idsOf(mixed).labeled, ...idsOf(mixed).unlabeled]);
    expect(of(20)[1].id).not.toBe(of(80)[1].id);
  });

  test.each([
    ["focalmix-hard-alpha", { loss: { softAlpha: false, softBeta: true } }],
    ["focalmix-hard-beta", { loss: { softAlpha: true, softBeta: false } }],
    ["focalmix-hard-alpha-beta", { loss: { softAlpha: false, softBeta: false } }],
    ["focalmix-k8", { focalmix: { views: 8 } }],
    ["focalmix-no-mixup", { focalmix: { mixUp: "none" } }],
    ["focalmix-object-mixup", { focalmix: { mixUp: "image+object" } }],
    ["focalmix-mixup-unlabeled", { focalmix: { mixUpOf: "unlabeled" } }],
    ["focalmix-flexible", { focalmix: { mixUp: "image+object" }, objects: { thresholds: "flexible" } }],
    ["mean-teacher", { method: "mean-teacher", objects: { thresholds: "fixed" } }],
    ["mean-teacher-flexible", { method: "mean-teacher", objects: { thresholds: "flexible" } }],
    ["full", { method: "supervised", data: { unlabeled: 0 } }],
  ])("%s has its settings", (name, settings) => {
    expect(configOf(plan({ methods: [name] })[0]!)).toMatchObject(settings);
  });
});

/** The same table with phantoms that are drawn in a moment. */
const { method: _, data: __, training, ...tiny } = tinySettings() as Record<string, Record<string, unknown>>;
const tinyDesign: PhantomDesign = {
  set: { seed: 3, size: [32, 32, 32], spacingMm: [2, 2, 2], difficulty: "easy" },
  test: 4,
  validation: 2,
  pool: 4,
  labeled: 2,
  unlabeled: 2,
  steps: 2,
  equalTimeFactor: 1.5,
  // One tile holds a whole scan.
  settings: { ...tiny, training: { ...training, threads: 0 }, detection: { patch: 32 } },
};

describe("tiny phantoms", () => {
  test("are made, trained on and judged; what is done is not done again, and other settings are refused", async () => {
    const out = join(home, "tiny");
    const context: TaskContext = { out, part: "test", preparedFolder: join(home, "prepared"), signal };
    const options: PlanOptions = {
      data: join(out, "phantoms"),
      methods: ["supervised", "supervised-equal-time", "focalmix"],
      seeds: 2,
      firstSeed: 4,
    };
    const progress: number[] = [];
    await makePhantoms(tinyDesign, options, { signal, onProgress: (done) => progress.push(done) });
    expect(progress.at(-1)).toBe(10);
    expect(phantomIds(tinyDesign.set, 10).every((id) => existsSync(join(options.data, "subset0", `${id}.mhd`)))).toBe(true);
    const table = join(options.data, "annotations.csv");
    const before = readFileSync(table, "utf8");
    await makePhantoms(tinyDesign, options, { signal, onProgress: () => expect.fail("the set was whole") });

    const environment = await startEngine("wasm", { stdout: { write: () => {} }, stderr: { write: () => {} }, env: {}, signal });
    const states: string[] = [];
    const works = new Set<string>();
    const start = (runs: PlannedRun[], part: TaskContext["part"] = "test") =>
      reproduce(runs, {
        task: detectionTask,
        context: { ...context, part },
        environment,
        onRun: ({ id }, { index, total }, state) => states.push(`${index + 1}/${total} ${id} ${state}`),
        onProgress: (work) => works.add(work),
      });
    const runs = phantomRuns(tinyDesign, options);
    await start(runs.slice(0, 5));
    expect(states.slice(0, 2)).toEqual(["1/5 2-labeled/supervised/seed4 starts", "2/5 2-labeled/supervised/seed5 starts"]);
    expect([...works].sort()).toEqual(["evaluate", "focalmix", "prepare", "supervised", "supervised-equal-time"]);
    const { rows, comparisons, text } = (await detectionTask.result(runs, context)) as {
      rows: DetectionRow[];
      comparisons: DetectorComparison[];
      text: string;
    };
    expect(rows.map(({ method, seeds, steps, labeled, unlabeled }) => [method, seeds, steps, labeled, unlabeled])).toEqual([
      ["supervised", [4, 5], 2, 2, 0],
      ["supervised-equal-time", [4, 5], 3, 2, 0],
      // The last run was not asked for yet.
      ["focalmix", [4], 2, 2, 2],
    ]);
    for (const { cpm, seconds, waited } of rows) {
      expect(cpm.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(seconds.every((value) => value > 0)).toBe(true);
      expect(waited.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    expect(comparisons.map(({ method, against, seeds }) => [method, against, seeds])).toEqual([
      ["supervised-equal-time", "supervised", [4, 5]],
      ["focalmix", "supervised", [4]],
      ["focalmix", "supervised-equal-time", [4]],
    ]);
    expect(text).toContain("2 labeled, 2 unlabeled  focalmix");

    states.length = 0;
    await start(runs);
    expect(states.map((state) => state.replace(/^\S+ \S+ /, ""))).toEqual([...Array<string>(5).fill("done before"), "starts"]);
    // The validation scans are judged with the same weights.
    const log = readFileSync(join(out, runs[0]!.id, runFiles.events), "utf8");
    await start(runs.slice(0, 1), "validation");
    expect(states.at(-1)).toContain("goes on");
    expect(readFileSync(join(out, runs[0]!.id, runFiles.events), "utf8")).toBe(log);
    const judged = (part: string): { scans: number } => JSON.parse(readFileSync(join(out, runs[0]!.id, part, "froc.json"), "utf8"));
    expect([judged("evaluation").scans, judged("validation").scans]).toEqual([4, 2]);
    expect(readFileSync(table, "utf8")).toBe(before);

    await expect(start(phantomRuns(tinyDesign, { ...options, steps: 5 }))).rejects.toThrow(
      "training.steps is 5 now and was 2; expected the settings that the run was started with",
    );
  }, 120_000);
});

describe("rows and comparisons of made-up runs", () => {
  let out: string;
  let data: string;
  const test100 = phantomIds(phantomDesign.set, 360).slice(0, 100);
  /** Marks find the first `found` nodules, surer than anything else; every scan has a false mark. */
  const writeRun = (run: PlannedRun, found: number, pseudoPositives: number): void => {
    const folder = join(out, run.id);
    const config = configOf(run);
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const scansOf = (ids: unknown) => (Array.isArray(ids) ? ids : []).map((id: string) => ({ id, path: id }));
    const { labeled, unlabeled, validation, test: judges } = config.data as unknown as Record<string, unknown>;
    put(runFiles.config, JSON.stringify(config));
    // Rows are made without the weights.
    put(runFiles.checkpoint, "");
    put(
      runFiles.split,
      JSON.stringify({
        labeled: scansOf(labeled),
        unlabeled: scansOf(unlabeled),
        validation: scansOf(validation),
        test: scansOf(judges),
      }),
    );
    const events = Array.from({ length: 60 }, (_, i) => ({
      kind: "step",
      step: i + 1,
      seconds: 0.5,
      waited: 0.05,
      pseudoPositives: i < 5 ? 0 : pseudoPositives,
    }));
    put(runFiles.events, `${events.map((event) => JSON.stringify(event)).join("\n")}\n`);
    const marks = test100.flatMap((id, i) => [...(i < found ? [`${id},0,0,0,0.9`] : []), `${id},90,0,0,0.1`]);
    put("evaluation/candidates.csv", `seriesuid,coordX,coordY,coordZ,probability\n${marks.join("\n")}\n`);
    const cpm = found === 0 ? null : found / 100;
    put(
      "evaluation/froc.json",
      JSON.stringify({
        cpm,
        sensitivity: Object.fromEntries(cpmRates.map((rate) => [rate, cpm])),
        bySize: [{ name: "≥ 6 mm", nodules: 100, found, sensitivityAt1: cpm }],
      }),
    );
  };
  beforeAll(() => {
    out = join(home, "made-up");
    data = join(out, "phantoms");
    mkdirSync(join(data, "subset0"), { recursive: true });
    // The command takes a set up that is there; nothing reads the voxels of runs that are finished.
    const ids = phantomIds(phantomDesign.set, 360);
    for (const id of ids) writeFileSync(join(data, "subset0", `${id}.mhd`), "");
    writeFileSync(
      join(data, "annotations.csv"),
      `seriesuid,coordX,coordY,coordZ,diameter_mm\n${ids.map((id) => `${id},0,0,0,8`).join("\n")}\n`,
    );
    writeFileSync(join(data, "seriesuids.csv"), ids.map((id) => `${id}\r\n`).join(""));
    for (const run of plan({ data, seeds: 2, methods: ["supervised", "focalmix", "mean-teacher"] }))
      writeRun(run, { supervised: 40, focalmix: 60 + 10 * run.seed, "mean-teacher": 0 }[run.method]!, run.method === "focalmix" ? 2 : 0);
  });
  const words = (...more: string[]) => ["reproduce", "phantoms", "--out", out, "--engine", "wasm", "--seeds", "2", "--methods", ...more];

  test("as JSON: lists with an entry for each seed, gains, and intervals around them", async () => {
    const { code, stdout, stderr } = await call(...words("supervised,focalmix,mean-teacher", "--json"));
    expect(code, stderr).toBe(0);
    const { rows, comparisons } = JSON.parse(stdout) as { rows: DetectionRow[]; comparisons: DetectorComparison[] };
    expect(rows.map(({ method, cpm }) => [method, cpm])).toEqual([
      ["supervised", [0.4, 0.4]],
      ["focalmix", [0.6, 0.7]],
      ["mean-teacher", [0, 0]],
    ]);
    expect(rows[1]).toMatchObject({
      cell: "10 labeled, 80 unlabeled",
      part: "test",
      seeds: [0, 1],
      labeled: 10,
      unlabeled: 80,
      steps: phantomDesign.steps,
      seconds: [30, 30],
      highestPseudoPositives: [2, 2],
    });
    expect(rows[1]!.waited[0]).toBeCloseTo(0.1, 12);
    expect(rows[1]!.sensitivity["0.125"]).toBeCloseTo(0.65, 12);
    expect(rows[1]!.bySize[0]!.recall).toBeCloseTo(0.65, 12);
    const [mixed, taught] = comparisons as [DetectorComparison, DetectorComparison];
    expect(mixed).toMatchObject({ method: "focalmix", against: "supervised", seeds: [0, 1], wins: 2, confidence: 0.95, samples: 1000 });
    expect(mixed.gains.map(({ gain }) => gain)[0]).toBeCloseTo(0.2, 12);
    expect(mixed.meanGain).toBeCloseTo(0.25, 12);
    // 20 of 100 scans differ: the gain is a proportion, whose standard error is √(0.2 · 0.8 / 100) = 0.04.
    const [{ lower, upper }] = mixed.gains as [DetectorComparison["gains"][0]];
    expect(Math.abs(lower! - (0.2 - 1.96 * 0.04))).toBeLessThan(0.02);
    expect(Math.abs(upper! - (0.2 + 1.96 * 0.04))).toBeLessThan(0.02);
    expect(mixed.interval.lower! < 0.25 && mixed.interval.upper! > 0.25).toBe(true);
    // A run that finds nothing has no curve, and so no interval.
    expect(taught).toMatchObject({ wins: 0, meanGain: -0.4, interval: { lower: null, upper: null } });
    expect((await call(...words("supervised,focalmix,mean-teacher", "--json"))).stdout).toBe(stdout);
  });

  test("as a table for people", async () => {
    const { code, stdout } = await call(...words("supervised,focalmix"));
    expect(code).toBe(0);
    const [head, alone, mixed] = stdout.split("\n") as [string, string, string];
    expect(head).toMatch(/^cell +method +CPM +gain +95 % interval +seconds +pseudo-positives +CPM by seed$/);
    expect(alone).toMatch(/supervised +0\.400 +– +– +30 +0\.00 {2}0\.400 0\.400$/);
    expect(mixed).toMatch(/focalmix +0\.650 +\+0\.250 +\+0\.\d{3} … \+0\.\d{3} +30 +2\.00 {2}0\.600 0\.700$/);
    expect(stdout).toContain("focalmix has the higher CPM than supervised in 2 of 2 seeds, by +25.0 points on average");
  });

  test("that were made with other settings are refused in one sentence", async () => {
    const { code, stderr } = await call(...words("supervised", "--steps", "300"));
    expect(code).toBe(2);
    expect(stderr.trim().split("\n").at(-1)).toContain(
      `config.json: training.steps is 300 now and was ${phantomDesign.steps}; expected the settings that the run was started with`,
    );
  });
});

describe("the tables of FocalMix", () => {
  const configs = async (name: string, ...more: string[]) => {
    const folder = join(home, name);
    const { code, stdout, stderr } = await call("reproduce", name, "--configs", folder, "--data", "/luna16", "--json", ...more);
    expect(code, stderr).toBe(0);
    const { runs, cost } = JSON.parse(stdout) as { runs: { id: string; config: string }[]; cost: string };
    expect(cost).toContain("not timed");
    return new Map(runs.map(({ id, config }) => [id, readAnyConfig(config) as Config]));
  };

  test("table 2: 25, 50 and 100 labeled scans of LUNA16 beside 400 unlabeled ones, as far as the paper says", async () => {
    const found = await configs("focalmix-table2");
    expect(found.size).toBe(3 * 2 * 3);
    expect(found.get("25-labeled-400-unlabeled/focalmix/seed2")).toMatchObject({
      method: "focalmix",
      seed: 2,
      data: { root: "/luna16", labeled: 25, unlabeled: 400, splitSeed: 2, test: ["subset8", "subset9"] },
      network: { backbone: "resnet50" },
      training: { patch: 160, labeledBatch: 8, unlabeledBatch: 8 },
      focalmix: { views: 4, mixUp: "image+object" },
      loss: { gamma: 2 },
    });
    const [one, other] = [found.get("50-labeled/supervised/seed0")!, found.get("50-labeled-400-unlabeled/focalmix/seed0")!];
    expect(one.training).toEqual(other.training);
    expect(one.data).toEqual({ ...other.data, unlabeled: 0 });
  });

  test("table 3: each ablation at 100 labeled scans, with the supervised run trained once for all", async () => {
    const found = await configs("focalmix-table3", "--seeds", "1");
    expect([
      ...(await configs("focalmix-table3", "--seeds", "1", "--cells", "views,200-unlabeled", "--methods", "focalmix,focalmix-k8")).keys(),
    ]).toEqual(["100-labeled-400-unlabeled/focalmix-k8/seed0", "100-labeled-200-unlabeled/focalmix/seed0"]);
    expect([...found.keys()].filter((id) => id.includes("/supervised/"))).toEqual(["100-labeled/supervised/seed0"]);
    // Loss 4, views 4, MixUp 2 more, unlabeled scans 4.
    expect(found.size).toBe(1 + 4 + 4 + 2 + 4);
    expect(found.get("100-labeled-400-unlabeled/focalmix-hard-beta/seed0")).toMatchObject({
      loss: { softBeta: false },
      focalmix: { mixUp: "none", views: 4 },
    });
    expect(found.get("100-labeled-200-unlabeled/focalmix/seed0")).toMatchObject({ data: { unlabeled: 200 } });
  });

  test("hold the paper's CPM, its means of seven sensitivities within 0.1 points", async () => {
    const options: PlanOptions = { data: "/luna16", methods: ["supervised", "focalmix"], seeds: 1, firstSeed: 0 };
    const runs = await tables["focalmix-table2"]!.runs(options);
    // Sensitivities at 1/8 to 8 false positives a scan, as the paper prints them beside its CPM.
    const printed: Record<string, number[]> = {
      "25 supervised": [46.7, 54, 60.6, 68.6, 74.4, 79.1, 82.4],
      "25 focalmix": [57.6, 64.5, 74.6, 80.5, 87, 90.1, 92.1],
      "50 supervised": [57.2, 65.7, 71.4, 77.9, 82.6, 85.6, 87.2],
      "50 focalmix": [64.1, 71, 78.7, 85.2, 89.3, 92.3, 93.5],
      "100 supervised": [64.9, 73.8, 79.7, 85.2, 89, 92.3, 94.5],
      "100 focalmix": [73.4, 80.9, 84.8, 88.6, 92.3, 94.7, 96.1],
    };
    expect(runs).toHaveLength(6);
    for (const { cell, method, paper } of runs) {
      const row = printed[`${cell.split("-")[0]} ${method}`]!;
      expect(Math.abs(100 * paper!.cpm! - row.reduce((a, b) => a + b) / 7), `${cell} ${method}`).toBeLessThan(0.1);
    }
    const ablations = await tables["focalmix-table3"]!.runs({ ...options, methods: tables["focalmix-table3"]!.methods });
    const diverged = ablations.filter(({ paper }) => paper?.cpm === null);
    expect(diverged.map(({ cell, method }) => [cell, method])).toEqual([["loss", "focalmix-hard-alpha-beta"]]);
  });

  test("are listed with what is known of their cost; a shard never has a run of another", async () => {
    const { stdout, stderr } = await call("reproduce", "focalmix-table3", "--list", "--seeds", "1");
    expect(stderr).toMatch(/^FocalMix's ablations on LUNA16.*\ncost: not timed on any GPU; /);
    const shares = await Promise.all(
      ["1/3", "2/3", "3/3"].map(async (shard) =>
        (await call("reproduce", "focalmix-table3", "--list", "--seeds", "1", "--shard", shard)).stdout.trim().split("\n"),
      ),
    );
    expect(shares.flat().sort()).toEqual(stdout.trim().split("\n").sort());
  });
});

test.each<[string[], string]>([
  [
    ["phantoms", "--labels", "40", "--list"],
    "gleaner: --labels is given, but phantoms has no such option; it has --labeled, --unlabeled, --patch, --difficulty, --part\n",
  ],
  [["digits", "--labeled", "10", "--list"], "gleaner: --labeled is given, but digits has no such option; it has --labels, --fetch\n"],
  [["digits", "--part", "validation", "--list"], "gleaner: --part is given, but digits has no such option; "],
  [["phantoms", "--part", "train", "--list"], 'gleaner: --part is "train"; expected test or validation; '],
  [["phantoms", "--labeled", "0", "--list"], 'gleaner: --labeled is "0"; expected a whole number from 1 to 10000\n'],
  [["phantoms", "--unlabeled", "many", "--list"], 'gleaner: --unlabeled is "many"; expected a whole number from 0 to 10000\n'],
  [["phantoms", "--patch", "8", "--list"], 'gleaner: --patch is "8"; expected a whole number from 16 to 256\n'],
  [["phantoms", "--difficulty", "hard", "--list"], 'gleaner: --difficulty is "hard"; expected standard or easy; '],
  [["phantoms", "--methods", "focalmix,fixmatch", "--list"], 'gleaner: --methods is "focalmix,fixmatch"; expected some of supervised,'],
  [["focalmix-table2", "--cells", "25", "--list"], 'gleaner: --cells is "25"; expected some of 25-labeled,50-labeled,100-labeled\n'],
  [
    ["focalmix-table2"],
    "gleaner: --data is missing and GLEANER_DATA is not set; expected the data of focalmix-table2: its folder holds subset0",
  ],
  [["focalmix-table2", "--data", "/nowhere"], "gleaner: /nowhere does not exist; expected the data of focalmix-table2: "],
])("gleaner reproduce %o is refused in one sentence", async (words, message) => {
  const { code, stderr } = await call("reproduce", ...words);
  expect(code).toBe(2);
  expect(stderr.startsWith(message), stderr).toBe(true);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
