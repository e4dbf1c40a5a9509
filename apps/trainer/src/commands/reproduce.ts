import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { type MethodName, methodNames } from "../classification/schema.js";
import { defineCommand } from "../command.js";
import { inputError } from "../errors.js";
import type { Io } from "../io.js";
import { readOption, wholeNumber } from "../options.js";
import { writeJson } from "../reporters/json.js";
import { createProgress, type Progress } from "../reporters/progress.js";
import { resultTable } from "../reporters/result-table.js";
import type { PlannedRun } from "../reproduce/plan.js";
import { tables } from "../reproduce/tables.js";
import { engineArgument, startEngine } from "../run/start-engine.js";
import { maxSeed } from "../setting-types.js";

const listOf = <T extends string>(names: readonly T[]): z.ZodType<T[], string> =>
  z
    .string()
    .transform((text) => text.split(",").map((name) => name.trim()))
    .refine(
      (given) => given.every((name) => (names as readonly string[]).includes(name)),
      `some of ${names.join(",")}`,
    ) as unknown as z.ZodType<T[], string>;
const shard = z
  .string()
  .transform((text) => text.split("/").map(Number))
  .refine(
    ([i, n]) => Number.isInteger(i) && Number.isInteger(n) && i! >= 1 && i! <= n!,
    "i/n with i from 1 to n, such as 1/2",
  ) as unknown as z.ZodType<[number, number], string>;

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
const passedOn = ["data", "out", "methods", "cells", "labels", "seeds", "first-seed", "steps", "engine", "parallel"];

/** Trains and judges the runs in this process. */
async function here(runs: readonly PlannedRun[], out: string, engine: string | undefined, io: Io): Promise<void> {
  const { reproduce } = await import("../reproduce/reproduce.js");
  const environment = await startEngine(engine, io);
  let progress: Progress | undefined;
  await reproduce(runs, {
    out,
    environment,
    signal: io.signal,
    onRun: ({ id }, { index, total }, state) => {
      progress = undefined;
      io.stderr.write(
        `run ${index + 1} of ${total}: ${id} ${state === "starts" ? "starts" : state === "goes on" ? "goes on where it stopped" : "is done already"}\n`,
      );
    },
    onStep: ({ method }, done, total, note) => {
      progress ??= createProgress(io.stderr, { label: method, total, unit: "steps", from: done - 1, timedFrom: done });
      if (done < total) progress.update(done, note);
      else progress.finish(note);
    },
  });
}

export default defineCommand({
  args: {
    name: { type: "positional", description: `The table: ${Object.keys(tables).join(", ")}`, required: true },
    data: { type: "string", description: "Where its data are (default: under GLEANER_DATA)", valueHint: "PATH" },
    fetch: { type: "boolean", description: "digits: fetch the set through your pip where it is not there" },
    out: { type: "string", description: "Folder of the runs (default: runs/NAME)", valueHint: "DIR" },
    methods: { type: "string", description: "Some of its methods, with commas", valueHint: "a,b" },
    cells: { type: "string", description: "Some of its cells, with commas", valueHint: "a,b" },
    labels: { type: "string", description: "Labeled images instead of the table's number", valueHint: "N" },
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
    list: { type: "boolean", description: "Say which runs there are, and run nothing" },
    configs: { type: "string", description: "Write the runs as configurations into this folder, and run nothing", valueHint: "DIR" },
    engine: engineArgument,
    json: { type: "boolean", description: "Write one JSON document" },
  },
  async run({ args, io }) {
    const table = Object.hasOwn(tables, args.name) ? tables[args.name] : undefined;
    if (!table) throw inputError(`${JSON.stringify(args.name)} is no table; expected ${Object.keys(tables).join(", ")}`);
    if (args.cells !== undefined && !table.cells) throw inputError(`--cells is given, but ${args.name} has one cell only`);
    if (args.labels !== undefined && table.cells)
      throw inputError(
        `--labels is given, but the cells of ${args.name} have their own; expected --cells, some of ${table.cells.join(",")}`,
      );
    if (args.fetch && args.name !== "digits") throw inputError(`--fetch is given, but ${args.name} cannot be fetched; ${table.dataHint}`);
    const onlyPlans = args.list === true || args.configs !== undefined;
    const root = args.data ?? (await findData(args.name, table.dataPath, args.fetch === true && !onlyPlans, io));
    if (!onlyPlans && (root === undefined || !existsSync(root)))
      throw inputError(
        `${root === undefined ? "--data is missing and GLEANER_DATA is not set" : `${root} does not exist`}; expected the data of ${args.name}: ${table.dataHint}`,
      );
    const runs = table.runs({
      data: resolve(root ?? table.dataPath),
      seeds: args.seeds === undefined ? table.defaultSeeds : readOption("--seeds", wholeNumber(1, 1000), args.seeds),
      firstSeed: args["first-seed"] === undefined ? 0 : readOption("--first-seed", wholeNumber(0, maxSeed - 1000), args["first-seed"]),
      ...(args.methods !== undefined && { methods: readOption("--methods", listOf<MethodName>(methodNames), args.methods) }),
      ...(args.labels !== undefined && { labels: readOption("--labels", wholeNumber(1), args.labels) }),
      ...(args.steps !== undefined && { steps: readOption("--steps", wholeNumber(1), args.steps) }),
      ...(args.cells !== undefined && { cells: readOption("--cells", listOf(table.cells ?? []), args.cells) }),
    });
    const [part, parts] = args.shard === undefined ? [1, 1] : readOption("--shard", shard, args.shard);
    const own = runs.filter((_, i) => i % parts === part - 1);
    const { configOf, writeConfigs } = await import("../reproduce/reproduce.js");
    if (onlyPlans) {
      const written = args.configs === undefined ? undefined : writeConfigs(own, args.configs);
      if (args.json)
        writeJson(io, { runs: own.map((run, i) => ({ id: run.id, ...(written && { config: written[i] }), settings: configOf(run) })) });
      else for (const [i, { id }] of own.entries()) io.stdout.write(`${written?.[i] ?? id}\n`);
      return;
    }
    const out = args.out ?? join("runs", args.name);
    const { callInParallel, canStartProcesses, defaultParallel } = await import("../reproduce/in-parallel.js");
    const { isFinished } = await import("../reproduce/rows.js");
    const wanted =
      args.parallel === undefined ? (table.isSmall ? defaultParallel() : 1) : readOption("--parallel", wholeNumber(1, 64), args.parallel);
    const left = own.filter(({ id }) => !isFinished(join(out, id))).length;
    const parallel = args.shard === undefined && canStartProcesses() ? Math.min(wanted, left) : 1;
    if (parallel > 1) {
      const given = Object.entries({ ...args, parallel: "1", data: root, out }).flatMap(([option, value]) =>
        passedOn.includes(option) && value !== undefined ? [`--${option}`, String(value)] : [],
      );
      await callInParallel(["reproduce", args.name, ...given], parallel, io);
    } else await here(own, out, args.engine, io);
    const { comparisons, tableRows } = await import("../reproduce/rows.js");
    const rows = tableRows(own, out);
    if (args.json) writeJson(io, { name: args.name, out, rows, comparisons: comparisons(rows) });
    else io.stdout.write(resultTable(rows, comparisons(rows)));
  },
});
