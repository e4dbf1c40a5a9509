import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from "yaml";
import type { z } from "zod";
import { configSchema, settingsAt } from "./config-schema.js";
import { inputError } from "./errors.js";

/** A configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;

type Place = readonly PropertyKey[];

/** Holds a plain object against the schema; `source` is what error sentences call it, `lineOf` finds where a setting stands in it. */
export function validateConfig(value: unknown, source: string, lineOf: (place: Place) => number | undefined = () => undefined): Config {
  const refuse = (place: Place, complaint: string): never => {
    const line = lineOf(place);
    throw inputError(`${source}${line === undefined ? "" : `, line ${line}`}: ${nameOf(place)} ${complaint}`);
  };
  const result = configSchema.safeParse(value);
  if (!result.success) {
    // A misspelt key first: what is then missing is the one that was meant.
    const { issues } = result.error;
    const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
    if (issue.code === "unrecognized_keys")
      return refuse([...issue.path, issue.keys[0]!], `is no setting; expected one of ${settingsAt(issue.path).join(", ")}`);
    return refuse(issue.path, `is ${shown(valueAt(value, issue.path))}; expected ${issue.message}`);
  }
  const config = result.data;
  for (const [place, isRight, expectation] of relations(config)) {
    if (!isRight) refuse(place, `is ${shown(valueAt(config, place))}; expected ${expectation}`);
  }
  return config;
}

/** What settings ask of each other: the setting, whether it is right, and what was expected of it. */
function* relations(config: Config): Generator<[Place, boolean, string]> {
  const { network, preprocessing, training, detection } = config;
  const strides = network.channels.map((_, i) => 2 ** (i + 1));
  const [{ anchorsMm: first }] = network.levels as [Config["network"]["levels"][number]];
  for (const [i, { stride, anchorsMm }] of network.levels.entries()) {
    const place = ["network", "levels", i];
    yield [[...place, "stride"], strides.includes(stride), `${strides.join(" or ")}, the strides of ${strides.length} channels`];
    yield [[...place, "stride"], network.levels.findIndex((level) => level.stride === stride) === i, "another stride for each level"];
    yield [[...place, "anchorsMm"], anchorsMm.length === first.length, "as many edges at every level, since the levels share their head"];
  }
  const divisible = `a multiple of network.groups, which is ${network.groups}`;
  for (const [i, width] of network.channels.entries()) yield [["network", "channels", i], width % network.groups === 0, divisible];
  yield [["network", "pyramidChannels"], network.pyramidChannels % network.groups === 0, divisible];
  const largest = strides.at(-1)!;
  for (const [part, { patch }] of [
    ["training", training],
    ["detection", detection],
  ] as const)
    yield [[part, "patch"], patch % largest === 0, `a multiple of ${largest}, the network's largest stride`];
  const { spacingMm, windowHu } = preprocessing;
  yield [["preprocessing", "windowHu"], windowHu[0] < windowHu[1], "the lower end first, then the upper one"];
  const isCube = typeof spacingMm === "number" || new Set(spacingMm).size === 1;
  yield [
    ["training", "symmetries"],
    isCube || training.symmetries !== "cube",
    "flips or none where preprocessing.spacingMm differs between axes",
  ];
  yield [["training", "unlabeledBatch"], config.method !== "focalmix" || training.unlabeledBatch > 0, "at least 1 for the method focalmix"];
}

// A configuration of this size is another file by mistake.
const maxBytes = 2 ** 20;

/** Reads a YAML (or JSON) configuration; paths in it are relative to its folder. */
export function readConfig(path: string): Config {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) throw inputError(`${path} does not exist; expected a configuration in YAML`);
  if (!status.isFile()) throw inputError(`${path} is a folder; expected a configuration in YAML`);
  if (status.size > maxBytes) throw inputError(`${path} has ${status.size} bytes; expected a configuration in YAML, at most ${maxBytes}`);
  const text = readFileSync(path, "utf8");
  const document = parseDocument(text, { prettyErrors: false });
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken) {
    const key = /^[^\s:]+/.exec(text.slice(broken.pos[0]))?.[0] ?? "a key";
    const reasons: Partial<Record<typeof broken.code, string>> = {
      DUPLICATE_KEY: `${key} is there twice; expected each setting once`,
      MULTIPLE_DOCS: "a second document begins; expected one",
    };
    throw inputError(`${path}, line ${lineAt(broken.pos[0])}: ${reasons[broken.code] ?? `${lowerFirst(broken.message)}; expected YAML`}`);
  }
  const config = validateConfig(toPlain(path, document), path, (place) => {
    const offset = offsetOf(document.contents, place, (node) => (isAlias(node) ? node.resolve(document) : node));
    return offset === undefined ? undefined : lineAt(offset);
  });
  return withAbsolutePaths(config, dirname(resolve(path)));
}

function toPlain(path: string, document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw inputError(`${path}: ${lowerFirst((error as Error).message)}; expected a configuration in YAML`, error);
  }
}

/** Where the setting stands, or the innermost part around it that is there. */
function offsetOf(root: unknown, place: Place, resolved: (node: unknown) => unknown): number | undefined {
  let node = resolved(root);
  let offset: number | undefined;
  for (const key of place) {
    if (isMap(node)) {
      const pair = (node as YAMLMap).items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = resolved(pair.value);
    } else if (isSeq(node) && typeof key === "number" && node.items[key]) {
      offset = (node.items[key] as Node).range?.[0] ?? offset;
      node = resolved(node.items[key]);
    } else break;
  }
  return offset;
}

/** The same configuration with every path absolute, so that it means the same in a run's folder. */
export function withAbsolutePaths(config: Config, base: string): Config {
  const absolute = (path: string): string => resolve(base, path);
  const places = (value: number | string[]): number | string[] =>
    Array.isArray(value) ? value.map((entry) => (existsSync(absolute(entry)) ? absolute(entry) : entry)) : value;
  const { root, annotations, excluded, labeled, unlabeled, test } = config.data;
  return {
    ...config,
    data: {
      ...config.data,
      ...(root !== undefined && { root: absolute(root) }),
      ...(annotations !== undefined && { annotations: absolute(annotations) }),
      ...(excluded !== undefined && { excluded: absolute(excluded) }),
      labeled: places(labeled),
      unlabeled: places(unlabeled),
      test: places(test),
    },
  };
}

/** `network.levels[0].stride`. */
const nameOf = (place: Place): string =>
  place.map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`)).join("") || "the configuration";

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const valueAt = (value: unknown, place: Place): unknown =>
  place.reduce<unknown>(
    (at, key) => (at !== null && typeof at === "object" ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );

/** A value in a sentence. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
