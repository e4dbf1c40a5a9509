import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import type { Io } from "../io.js";
import { readOption, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { progressOnDemand } from "../reporters/progress.js";
import { distinct, type Part, type PlannedRun, type Table } from "../reproduce/plan.js";
import { readPlanOptions, readShard, tableNamed } from "../reproduce/plan-options.js";
import { tables } from "../reproduce/tables.js";
import { type TaskContext, tasks } from "../reproduce/task.js";
import { engineArgument, startEngine } from "../run/start-engine.js";

/** Where the data of a table are if nobody says: under GLEANER_DATA, or where they were fetched to. */
async function findData(name: string, dataPath: string, mayFetch: boolean, io: Io): Promise<string | undefined> {
  const { fetchDigitsSet, fetchedDigits } = await import("../run/fetch-images.js");
  const places = [
    ...(io.env["GLEANER_DATA"] ? [join(io.env["GLEANER_DATA"], dataPath)] : []),
    ...(name === "digits" ? [join(fetchedDigits(io.env), "digits.csv.gz")] : []),
  ];
  return places.find((place) => existsSync(place)) ?? (mayFetch ? (await fetchDigitsSet({ io })).path : places[0]);
}

/** Options of a call that its parts get too. */
const passedOn = [
  "data",
  "out",
  "methods",
  "cells",
  "labels",
  "labeled",
  "unlabeled",
  "patch",
  "difficulty",
  "part",
  "seeds",
  "first-seed",
  "steps",
  "engine",
];

/** Trains and judges the runs in this process. */
async function here(runs: readonly PlannedRun[], table: Table, context: TaskContext, engine: string | undefined, io: Io): Promise<void> {
  const { reproduce } = await import("../reproduce/reproduce.js");
  const environment = await startEngine(engine, io);
  const task = await tasks[table.task]();
  let lines = new Map<string, ReturnType<typeof progressOnDemand>>();
  await reproduce(runs, {
    task,
    context,
    environment,
    onRun: ({ id }, { index, total }, state) => {
      lines = new Map();
      io.stderr.write(
        `run ${index + 1} of ${total}: ${id} ${state === "starts" ? "starts" : state === "goes on" ? "goes on where it stopped" : "is done already"}\n`,
      );
    },
    onProgress: (work, unit, done, total, note) => {
      const line = lines.get(work) ?? progressOnDemand(io.stderr, work, unit);
      lines.set(work, line);
      line(done, total, note);
    },
  });
}

/** Says which runs there are, or writes them as configurations. */
async function writePlans(
  runs: readonly PlannedRun[],
  { description, cost }: Table,
  folder: string | undefined,
  asJson: boolean,
  io: Io,
): Promise<void> {
  const { configOf, writeConfigs } = await import("../reproduce/reproduce.js");
  const each = distinct(runs);
  const written = folder === undefined ? undefined : writeConfigs(each, folder);
  if (asJson) {
    const plans = each.map((run, i) => ({ id: run.id, ...(written && { config: written[i] }), settings: configOf(run) }));
    writeJson(io, { description, ...(cost !== undefined && { cost }), runs: plans });
    return;
  }
  for (const [i, { id }] of each.entries()) io.stdout.write(`${written?.[i] ?? id}\n`);
  io.stderr.write(`${description}\n`);
  if (cost !== undefined) io.stderr.write(`cost: ${cost}\n`);
}

export default defineCommand({
  args: {
    name: { type: "positional", description: `The table: ${Object.keys(tables).join(", ")}`, required: true },
    data: {
      type: "string",
      description: "Where its data are (default: under GLEANER_DATA; phantoms are made under --out)",
      valueHint: "PATH",
    },
    fetch: { type: "boolean", description: "digits: fetch the set through your pip where it is not there" },
    out: { type: "string", description: "Folder of the runs (default: runs/NAME)", valueHint: "DIR" },
    methods: {
      type: "string",
      description: "Some of its methods, with commas, or all; of phantoms and the FocalMix tables also rows such as focalmix-k4 or full",
      valueHint: "a,b",
    },
    cells: { type: "string", description: "Some of its cells, with commas", valueHint: "a,b" },
    labels: { type: "string", description: "Labeled images instead of the table's number", valueHint: "N" },
    labeled: { type: "string", description: "phantoms: labeled scans (default: 10)", valueHint: "N" },
    unlabeled: { type: "string", description: "phantoms: unlabeled scans (default: 80)", valueHint: "N" },
    patch: { type: "string", description: "phantoms: edge of the training patches in voxels (default: 32)", valueHint: "N" },
    difficulty: {
      type: "enum",
      options: ["standard", "easy"],
      description: "phantoms: how hard they are (default: standard); easy ones have little noise and solid nodules of 7 mm and more",
    },
    part: {
      type: "enum",
      options: ["test", "validation"],
      description: "Detection: judge on the test scans (default), or on those to choose settings by",
    },
    seeds: { type: "string", description: "How many seeds", valueHint: "N" },
    "first-seed": { type: "string", description: "The first of them (default: 0)", valueHint: "S" },
    steps: { type: "string", description: "Steps instead of the table's", valueHint: "N" },
    shard: { type: "string", description: "Only the i-th of n parts of the runs, to share them out among processes", valueHint: "i/n" },
    parallel: {
      type: "string",
      description:
        "Runs at a time, each in a process with its share of the threads (default: one for each processor, up to 4; 1 for tables of large sets)",
      valueHint: "N",
    },
    list: { type: "boolean", description: "Say which runs there are, and what is known of their cost, and run nothing" },
    configs: { type: "string", description: "Write the runs as configurations into this folder, and run nothing", valueHint: "DIR" },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const table = tableNamed(args.name, args);
    const out = args.out ?? join("runs", args.name);
    const onlyPlans = args.list === true || args.configs !== undefined;
    const root =
      args.data ??
      (table.makeData
        ? join(out, args.difficulty === "easy" ? `${table.dataPath}-easy` : table.dataPath)
        : await findData(args.name, table.dataPath, args.fetch === true && !onlyPlans, io));
    if (!onlyPlans && !table.makeData && (root === undefined || !existsSync(root)))
      throw inputError(
        `${root === undefined ? "--data is missing and GLEANER_DATA is not set" : `${root} does not exist`}; expected the data of ${args.name}: ${table.dataHint}`,
      );
    const options = readPlanOptions(table, resolve(root ?? table.dataPath), args);
    const runs = await table.runs(options);
    const [part, parts] = readShard(args.shard);
    // What several cells have in common is in one part only.
    const ids = new Set(distinct(runs).flatMap(({ id }, i) => (i % parts === part - 1 ? [id] : [])));
    const own = runs.filter(({ id }) => ids.has(id));
    if (onlyPlans) return writePlans(own, table, args.configs, args.json === true, io);

    const { preparedFolder } = await import("../run/prepared-scans.js");
    const context = { out, part: (args.part ?? "test") as Part, preparedFolder: preparedFolder(io.env), signal: io.signal };
    const { callInParallel, canStartProcesses, defaultParallel } = await import("../reproduce/in-parallel.js");
    await table.makeData?.(options, { signal: io.signal, onProgress: progressOnDemand(io.stderr, "phantoms", "scans") });
    const task = await tasks[table.task]();
    const wanted =
      args.parallel === undefined ? (table.isSmall ? defaultParallel() : 1) : readOption("--parallel", wholeNumber(1, 64), args.parallel);
    const left = distinct(own).filter(({ id }) => !task.isFinished(join(out, id), context.part)).length;
    const parallel = args.shard === undefined && canStartProcesses() ? Math.min(wanted, left) : 1;
    if (parallel > 1) {
      const given = Object.entries({ ...args, data: root, out }).flatMap(([option, value]) =>
        passedOn.includes(option) && value !== undefined ? [`--${option}`, String(value)] : [],
      );
      await callInParallel(["reproduce", args.name, ...given], parallel, io);
    } else await here(own, table, context, args.engine, io);
    const { text, ...result } = await task.result(own, context);
    if (args.json) writeJson(io, { name: args.name, out, ...result });
    else io.stdout.write(text);
  },
});
