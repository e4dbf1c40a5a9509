import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { validateConfig } from "../../apps/trainer/src/config.js";
import { generatedPages } from "../scripts/generated-pages.js";

const page = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const fences = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1]!);

test("getting started has the README's two commands, first of all", () => {
  const commands = (text: string): string[] => fences(text, "sh").slice(0, 2);
  expect(commands(page("guide/getting-started.md"))).toEqual(commands(page("../README.md")));
});

test("the configurations of the guide are valid", () => {
  const configurations = fences(page("guide/train-your-own-scans.md"), "yaml");
  expect(configurations.length).toBe(2);
  for (const text of configurations) validateConfig(parse(text), "the guide");
});

test("the table of settings has every key of a configuration, its default and what it may be", async () => {
  const { "generated/settings.md": settings } = await generatedPages();
  const config = validateConfig({ method: "focalmix", data: { root: "r", labeled: 1 } }, "a configuration");
  for (const [section, value] of Object.entries(config)) {
    if (typeof value !== "object") expect(settings).toMatch(new RegExp(`^\\| \`${section}\` `, "m"));
    else for (const key of Object.keys(value)) expect(settings!.split(`### ${section}\n`)[1]!.split("###")[0]).toContain(`| \`${key}\` |`);
  }
  expect(settings).toContain("| `windowHu` | `[-1000, 400]` | [2 numbers from -32768 to 32767] |");
  expect(settings).toContain('| `teacher` | `"ema"` | `ema`, `live` |');
  expect(settings).toContain("| `overlap` | `0.25` | number from 0 to 0.75 |");
  expect(settings).toContain("| `labeled` | required | whole number of at least 0, or list of texts |");
});

test("the reference of the command has every subcommand of the README with its arguments", async () => {
  const { "generated/commands.md": commands } = await generatedPages();
  const named = [...page("../README.md").matchAll(/^\| `gleaner ([a-z]+)/gm)].map((match) => match[1]!);
  expect(named.length).toBe(10);
  for (const name of named) expect(commands).toContain(`## gleaner ${name}\n`);
  expect(commands).toContain("gleaner detect RUN SCAN... --out candidates.csv [--engine NAME]\n               [--json]");
  expect(commands).toContain("| `--rule official\\|exact` | `official` |");
});
