import type { ArgDef } from "citty";
import type { Command } from "../../apps/trainer/src/command.js";
import { commands } from "../../apps/trainer/src/commands.js";

/** A section of Markdown for each subcommand of `gleaner`, made from the definitions that parse its arguments. */
export async function commandReference(): Promise<string> {
  const sections = Object.entries(commands).map(async ([name, { description, load }]) => sectionOf(name, description, await load()));
  return (await Promise.all(sections)).join("\n\n");
}

function sectionOf(name: string, description: string, command: Command): string {
  const args = Object.entries(command.args);
  const rows = args.map(([key, arg]) => `| ${nameOf(key, arg, command)} | ${presetOf(arg)} | ${cell(arg.description ?? "")} |`);
  const table = ["| argument | default | what it is |", "| --- | --- | --- |", ...rows].join("\n");
  return `## gleaner ${name}\n\n${description}\n\n\`\`\`\n${usageOf(name, command)}\n\`\`\`\n\n${table}`;
}

function usageOf(name: string, command: Command): string {
  const words = Object.entries(command.args)
    .map(([key, arg]) => ({ word: wordOf(key, arg, command), isPositional: arg.type === "positional", isRequired: isRequired(arg) }))
    .sort((a, b) => Number(b.isPositional) - Number(a.isPositional))
    .map(({ word, isRequired: must }) => (must ? word : `[${word}]`));
  return folded(`gleaner ${name}`, words);
}

/** Lines short enough for the page, the later ones indented under the first word after the command. */
function folded(command: string, words: readonly string[], width = 68): string {
  const lines = [command];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= width) lines[lines.length - 1] = line;
    else lines.push(`${" ".repeat(command.length)} ${word}`);
  }
  return lines.join("\n");
}

function wordOf(key: string, arg: ArgDef, command: Command): string {
  if (arg.type === "positional") return `${key.toUpperCase()}${command.variadic === key ? "..." : ""}`;
  return arg.type === "boolean" ? `--${key}` : `--${key} ${hintOf(key, arg)}`;
}

function nameOf(key: string, arg: ArgDef, command: Command): string {
  const repeated = command.variadic === key || command.repeatable?.includes(key) ? ", any number" : "";
  return `\`${cell(arg.type === "positional" ? key.toUpperCase() : wordOf(key, arg, command))}\`${repeated}`;
}

const hintOf = (key: string, arg: ArgDef): string =>
  arg.type === "enum" ? (arg.options ?? []).join("|") : ((arg as { valueHint?: string }).valueHint ?? key.toUpperCase());
const isRequired = (arg: ArgDef): boolean =>
  arg.type === "positional" ? arg.required !== false && arg.default === undefined : arg.required === true;
const presetOf = (arg: ArgDef): string =>
  isRequired(arg) ? "required" : arg.default === undefined ? "–" : `\`${cell(String(arg.default))}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|");
