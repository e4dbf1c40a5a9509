import { z } from "zod";
import { classificationSchema } from "../../apps/trainer/src/classification/schema.js";
import { configSchema } from "../../apps/trainer/src/config-schema.js";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The schemas that validate configurations, by the task that they are for. */
const schemas = { detection: configSchema, classification: classificationSchema } as const;

/** Markdown tables of every setting of `gleaner train` for a task, one a section, made from the schema that validates its configurations. */
export function settingsTables(task: keyof typeof schemas): string {
  const root = z.toJSONSchema(schemas[task], { io: "input" });
  const entries = Object.entries(root.properties ?? {}) as [string, JsonSchema][];
  const isSection = ([, setting]: [string, JsonSchema]): boolean => setting.type === "object";
  const sections = entries.filter(isSection).map(([name, section]) => `### ${name}\n\n${tableOf(section, name)}`);
  const top = tableOf({ ...root, properties: Object.fromEntries(entries.filter((entry) => !isSection(entry))) });
  return [`### The top level\n\n${top}`, ...sections].join("\n\n");
}

function tableOf({ properties = {}, required = [] }: JsonSchema, section?: string): string {
  const rows = Object.entries(properties as Record<string, JsonSchema>).map(([name, setting]) => {
    const preset =
      setting.default === undefined
        ? required.includes(name)
          ? "required"
          : "–"
        : code(JSON.stringify(rounded(setting.default)).replace(/[,:]/g, "$& "));
    if (!setting.description) throw new Error(`${section ? `${section}.` : ""}${name} of the configuration has no description`);
    return `| ${code(name)} | ${preset} | ${valuesOf(setting)} | ${cell(setting.description)} |`;
  });
  return ["| setting | default | values | what it is |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** What a setting may be, in words. */
function valuesOf(setting: JsonSchema): string {
  if (setting.const !== undefined) return code(String(setting.const));
  if (setting.enum) return setting.enum.map((value) => code(String(value))).join(", ");
  if (setting.anyOf) return setting.anyOf.map((one) => valuesOf(one as JsonSchema)).join(", or ");
  if (setting.prefixItems) return `[${setting.prefixItems.length} ${plural(setting.prefixItems[0] as JsonSchema)}]`;
  if (setting.type === "array") return `list of ${countOf(setting)}${plural(setting.items as JsonSchema)}`;
  if (setting.type === "object") return `{ ${Object.keys(setting.properties ?? {}).join(", ")} }`;
  if (setting.type === "boolean") return "`true`, `false`";
  if (setting.type === "string") return "text";
  return `${setting.type === "integer" ? "whole number" : "number"}${rangeOf(setting)}`;
}

function plural(item: JsonSchema): string {
  const words = valuesOf(item);
  return words.startsWith("{") ? words : words.replace(/^(text|whole number|number)/, (word) => (word === "text" ? "texts" : `${word}s`));
}

const countOf = ({ minItems, maxItems }: JsonSchema): string => (maxItems === undefined ? "" : `${minItems ?? 0} to ${maxItems} `);

function rangeOf({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  // Every whole number has the safe integers for bounds.
  const isBound = (value: number | undefined): value is number => Number.isFinite(value) && Math.abs(value!) < Number.MAX_SAFE_INTEGER;
  const upTo = isBound(maximum) ? maximum : undefined;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}${upTo === undefined ? "" : `, up to ${upTo}`}`;
  if (!isBound(minimum)) return upTo === undefined ? "" : ` up to ${upTo}`;
  return upTo === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${upTo}`;
}

const rounded = (value: unknown): unknown => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value);
const code = (text: string): string => `\`${cell(text)}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|");
