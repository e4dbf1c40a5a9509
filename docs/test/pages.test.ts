import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { commands } from "../../apps/trainer/src/commands.js";
import { type AnyConfig, validateAnyConfig, validateConfig } from "../../apps/trainer/src/config.js";
import { generatedPages } from "../scripts/generated-pages.js";

const page = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const fences = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1]!);

test("getting started has the README's two commands, first of all", () => {
  const commands = (text: string): string[] => fences(text, "sh").slice(0, 2);
  expect(commands(page("guide/getting-started.md"))).toEqual(commands(page("../README.md")));
});

test.each([
  ["guide/train-your-own-scans.md", "detection", 2],
  ["theory/focalmix.md", "detection", 1],
  ["guide/train-on-luna16.md", "detection", 1],
  ["index.md", "detection", 1],
  ["guide/real-scans-with-inserted-nodules.md", "detection", 1],
  ["guide/train-on-images.md", "classification", 5],
] as const)("the configurations of %s are valid and for %s", (path, task, count) => {
  const configurations = fences(page(path), "yaml").map((text) => validateAnyConfig(parse(text), path));
  expect(configurations.map((config) => config.task)).toEqual(Array.from({ length: count }, () => task));
});

test("a configuration that a page should not have is found", () => {
  expect(() => validateAnyConfig(parse("task: classification\nmethod: flexmatch\ndata: { path: p, labels: 40 }"), "a page")).toThrow(
    "a page: data.labels is no setting",
  );
});

test("sets of the guide are drawn and augmented as its words say", () => {
  const [own, digits, pneumonia, cifar, histology] = fences(page("guide/train-on-images.md"), "yaml").map(
    (text) => validateAnyConfig(parse(text), "the guide") as Extract<AnyConfig, { task: "classification" }>,
  );
  expect(own!.training.emaDecay).toBe(0.999);
  expect(digits!.augmentation.flip).toBe(false);
  expect(digits!.training.emaDecay).toBe(0.99);
  expect(pneumonia!.semi.threshold).toBe(0.8);
  expect(cifar!.training.steps).toBe(2 ** 20);
  expect(histology!.augmentation.operations).not.toContain("Color");
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

test("the tables of classification have every key of a configuration, its default and what it may be", async () => {
  const { "generated/classification-settings.md": settings } = await generatedPages();
  const given = { task: "classification", method: "flexmatch", data: { path: "p", labeled: 10 } };
  for (const [section, value] of Object.entries(validateAnyConfig(given, "a configuration"))) {
    if (typeof value !== "object") expect(settings).toMatch(new RegExp(`^\\| \`${section}\` `, "m"));
    else for (const key of Object.keys(value)) expect(settings!.split(`### ${section}\n`)[1]!.split("###")[0]).toContain(`| \`${key}\` |`);
  }
  expect(settings).toContain("| `steps` | `1048576` | whole number of at least 1 |");
  expect(settings).toContain('| `protocol` | `"validation"` | `validation`, `paper` |');
  expect(settings).toContain("| `path` | required | text |");
  expect(settings).toContain("| `mean` | – | list of 1 to 3 numbers from 0 to 1 |");
});

test("the reference of the command has every subcommand of the README with its arguments", async () => {
  const { "generated/commands.md": reference } = await generatedPages();
  const named = [...page("../README.md").matchAll(/^\| `gleaner ([a-z]+)/gm)].map((match) => match[1]!);
  expect(named.toSorted()).toEqual(Object.keys(commands).sort());
  for (const name of named) expect(reference).toContain(`## gleaner ${name}\n`);
  expect(reference).toContain("gleaner detect RUN SCAN... --out candidates.csv [--diameters]\n               [--labels DIR] ");
  expect(reference).toContain("| `--rule official\\|exact` | `official` |");
});
