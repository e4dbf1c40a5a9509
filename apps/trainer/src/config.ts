import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from "yaml";
import { z } from "zod";
import { type ClassificationConfig, classificationSchema, withDependentDefaults } from "./classification/schema.js";
import { configSchema } from "./config-schema.js";
import { inputError } from "./errors.js";
import { matchingMethodOf } from "./matching-settings.js";
import { isTurnable, strideList } from "./network-settings.js";
import { settingsIn } from "./setting-types.js";

/** The configuration of a detection run with every default filled in. */
export type Config = z.output<typeof configSchema>;

/** Of a run of any task. */
export type AnyConfig = Config | ClassificationConfig;

type Place = readonly PropertyKey[];
type LineOf = (place: Place) => number | undefined;
/** What settings ask of each other: the setting, whether it is right, and what was expected of it. */
type Relation = [Place, boolean, string];

/** Holds a plain object against the schema of detection; `source` is what error sentences call it, `lineOf` finds where a setting stands in it. */
export const validateConfig = (value: unknown, source: string, lineOf?: LineOf): Config =>
  validateWith(configSchema, relations, value, source, lineOf);

/** The same for the task that it names; detection where it names none. */
export function validateAnyConfig(value: unknown, source: string, lineOf?: LineOf): AnyConfig {
  if (valueAt(value, ["task"]) !== "classification") return validateWith(taskNamed, relations, value, source, lineOf);
  return withDependentDefaults(validateWith(classificationSchema, classificationRelations, value, source, lineOf));
}

/** The schema of detection, which says of another task what tasks there are. */
const taskNamed = configSchema.extend({ task: z.literal("detection", { error: "detection or classification" }).default("detection") });

function validateWith<S extends z.ZodType>(
  schema: S,
  relationsOf: (config: z.output<S>) => Iterable<Relation>,
  value: unknown,
  source: string,
  lineOf: LineOf = () => undefined,
): z.output<S> {
  const refuse = (place: Place, complaint: string): never => {
    const line = lineOf(place);
    throw inputError(`${source}${line === undefined ? "" : `, line ${line}`}: ${nameOf(place)} ${complaint}`);
  };
  const result = schema.safeParse(value);
  if (!result.success) {
    // A misspelt key first: what is then missing is the one that was meant.
    const { issues } = result.error;
    const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
    if (issue.code === "unrecognized_keys")
      return refuse([...issue.path, issue.keys[0]!], `is no setting; expected one of ${settingsIn(schema, issue.path).join(", ")}`);
    return refuse(issue.path, `is ${shown(valueAt(value, issue.path))}; expected ${issue.message}`);
  }
  const config = result.data;
  for (const [place, isRight, expectation] of relationsOf(config)) {
    if (!isRight) refuse(place, `is ${shown(valueAt(config, place))}; expected ${expectation}`);
  }
  return config;
}

function* classificationRelations({ network, data, method }: z.output<typeof classificationSchema>): Generator<Relation> {
  const isWide = network.kind === "wide-resnet";
  yield [["network", "depth"], !isWide || (network.depth - 4) % 6 === 0, "10, 16, 22, 28 … (6n + 4)"];
  yield [["data", "labeled"], method === "full" || (data.labeled ?? 0) > 0, `how many images keep their labels, for the method ${method}`];
}

function* relations(config: Config): Generator<Relation> {
  const { network, matching, preprocessing, training, detection } = config;
  const strides = strideList(network);
  const [{ anchorsMm: first }] = network.levels as [Config["network"]["levels"][number]];
  for (const [i, { stride, anchorsMm }] of network.levels.entries()) {
    const place = ["network", "levels", i];
    yield [[...place, "stride"], strides.includes(stride), `${strides.join(" or ")}, the strides of ${strides.length} channels`];
    yield [[...place, "stride"], network.levels.findIndex((level) => level.stride === stride) === i, "another stride for each level"];
    yield [[...place, "anchorsMm"], anchorsMm.length === first.length, "as many anchors at every level, since the levels share their head"];
  }
  yield [
    ["network", "blocks"],
    network.blocks.length === network.channels.length,
    `${network.channels.length} numbers, one for each of network.channels`,
  ];
  const divisible = `a multiple of network.groups, which is ${network.groups}`;
  for (const [i, width] of network.channels.entries()) {
    yield [["network", "channels", i], width % network.groups === 0, divisible];
    const isWhole = network.backbone !== "resnet50" || width % (4 * network.groups) === 0;
    yield [
      ["network", "channels", i],
      isWhole,
      `a multiple of 4 times network.groups (${4 * network.groups}), as a bottleneck has a quarter`,
    ];
  }
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
  yield [
    ["training", "unlabeledBatch"],
    config.method === "supervised" || training.unlabeledBatch > 0,
    `at least 1 for the method ${config.method}`,
  ];
  const turns = isCube && isTurnable(network);
  const anchorsOfTurns = "flips or none where network.levels has anchors that an exchange of axes takes onto none";
  yield [["training", "symmetries"], config.method === "supervised" || training.symmetries !== "cube" || turns, anchorsOfTurns];
  yield [["detection", "views"], detection.views <= 8 || turns, "at most 8, the flips, where voxels or anchors are no cubes"];
  for (const [name, method] of Object.entries(matchingMethodOf) as [keyof typeof matchingMethodOf, string][]) {
    const isOwn = matching[name] === undefined || matching.method === method;
    yield [["matching", name], isOwn, `no such setting with matching.method ${matching.method}; it is of ${method}`];
  }
  const { high = 0.5, low = 0.4 } = matching;
  yield [["matching", matching.low === undefined ? "high" : "low"], low <= high, `low (${low}) not above high (${high})`];
  const { bandsMm } = config.objects;
  yield [["objects", "bandsMm"], bandsMm.every((edge, i) => i === 0 || edge > bandsMm[i - 1]!), "a rising list of diameters in mm"];
}

// A configuration of this size is another file by mistake.
const maxBytes = 2 ** 20;

/** Reads a YAML (or JSON) configuration of detection; paths in it are relative to its folder. */
export const readConfig = (path: string): Config => withAbsolutePaths(readWith(path, validateConfig), dirname(resolve(path)));

/** Settings of a file that the command line replaces. */
export interface ConfigOverrides {
  seed?: number;
  steps?: number;
}

/** Reads a configuration of any task; `overrides` take the place of what the file says before defaults are worked out. */
export function readAnyConfig(path: string, overrides: ConfigOverrides = {}): AnyConfig {
  const config = readWith(path, (value, source, lineOf) => validateAnyConfig(withOverrides(value, overrides), source, lineOf));
  const base = dirname(resolve(path));
  if (config.task === "detection") return withAbsolutePaths(config, base);
  return { ...config, data: { ...config.data, path: resolve(base, config.data.path) } };
}

function withOverrides(value: unknown, { seed, steps }: ConfigOverrides): unknown {
  // What is no group of settings is refused with the rest of the file.
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { training } = value as { training?: unknown };
  const isGroup = training === undefined || (typeof training === "object" && training !== null);
  return {
    ...value,
    ...(seed !== undefined && { seed }),
    ...(steps !== undefined && isGroup && { training: { ...(training as object | undefined), steps } }),
  };
}

function readWith<C>(path: string, validate: (value: unknown, source: string, lineOf: LineOf) => C): C {
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
  return validate(toPlain(path, document), path, (place) => {
    const offset = offsetOf(document.contents, place, (node) => (isAlias(node) ? node.resolve(document) : node));
    return offset === undefined ? undefined : lineAt(offset);
  });
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
  const { root, annotations, excluded, labeled, unlabeled, validation, test } = config.data;
  return {
    ...config,
    data: {
      ...config.data,
      ...(root !== undefined && { root: absolute(root) }),
      ...(annotations !== undefined && { annotations: absolute(annotations) }),
      ...(excluded !== undefined && { excluded: absolute(excluded) }),
      labeled: places(labeled),
      unlabeled: places(unlabeled),
      validation: places(validation),
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
