import { z } from "zod";
import { inputError } from "../errors.js";
import { readOption, wholeNumber } from "../options.js";
import type { Difficulty } from "../phantom/types.js";
import { maxSeed } from "../setting-types.js";
import type { PlanOptions, Table, TableOption } from "./plan.js";
import { tables } from "./tables.js";

/** The options of a call, by name. */
type Args = Readonly<Record<string, unknown>>;

// Phantoms are kept on the disk: half a megabyte each.
const maxScans = 10_000;

const listOf = (names: readonly string[]): z.ZodType<string[], string> =>
  z
    .string()
    .transform((text) => text.split(",").map((name) => name.trim()))
    .refine((given) => given.every((name) => names.includes(name)), `some of ${names.join(",")}`);
const shardOption = z
  .string()
  .transform((text) => text.split("/").map(Number))
  .refine(
    ([i, n]) => Number.isInteger(i) && Number.isInteger(n) && i! >= 1 && i! <= n!,
    "i/n with i from 1 to n, such as 1/2",
  ) as unknown as z.ZodType<[number, number], string>;

/** Options that only some tables take. */
const particular: readonly TableOption[] = ["labels", "labeled", "unlabeled", "cells", "part", "patch", "difficulty", "fetch"];

/** The table of a name; refuses options that it does not take. */
export function tableNamed(name: string, args: Args): Table {
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
  if (!table) throw inputError(`${JSON.stringify(name)} is no table; expected ${Object.keys(tables).join(", ")}`);
  const foreign = particular.find((option) => args[option] !== undefined && !table.takes.includes(option));
  if (foreign !== undefined)
    throw inputError(
      `--${foreign} is given, but ${name} has no such option; it has ${table.takes.map((option) => `--${option}`).join(", ")}`,
    );
  return table;
}

/** What the call asks of the table; its data are looked for later. */
export function readPlanOptions(table: Table, data: string, args: Args): PlanOptions {
  const read = <K extends string, T>(key: K, option: string, schema: z.ZodType<T, string>): Partial<Record<K, T>> =>
    args[option] === undefined ? {} : ({ [key]: readOption(`--${option}`, schema, String(args[option])) } as Record<K, T>);
  const methods = args["methods"] === "all" ? { methods: table.methods } : read("methods", "methods", listOf(table.methods));
  return {
    data,
    methods: table.defaultMethods,
    seeds: table.defaultSeeds,
    firstSeed: 0,
    ...methods,
    ...read("seeds", "seeds", wholeNumber(1, 1000)),
    ...read("firstSeed", "first-seed", wholeNumber(0, maxSeed - 1000)),
    ...read("labels", "labels", wholeNumber(1)),
    ...read("labeled", "labeled", wholeNumber(1, maxScans)),
    ...read("unlabeled", "unlabeled", wholeNumber(0, maxScans)),
    ...read("steps", "steps", wholeNumber(1)),
    ...read("patch", "patch", wholeNumber(16, 256)),
    ...(args["difficulty"] !== undefined && { difficulty: args["difficulty"] as Difficulty }),
    ...read("cells", "cells", listOf(table.cells ?? [])),
  };
}

/** Which of how many parts of the runs; all of them unless told. */
export const readShard = (text: string | undefined): [number, number] =>
  text === undefined ? [1, 1] : readOption("--shard", shardOption, text);
