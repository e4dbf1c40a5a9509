import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readConfig, validateConfig } from "../src/config.js";
import { settingsAt } from "../src/config-schema.js";

const home = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(home, { recursive: true }));
const path = join(home, "run.yaml");
const minimal = "method: supervised\ndata:\n  root: phantoms\n  labeled: 1\n";

const read = (text: string) => {
  writeFileSync(path, text);
  return readConfig(path);
};
/** The sentence that refuses a text, with the file's name for its path. */
const complaint = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    expect(error).toMatchObject({ name: "InputError", exitCode: 2 });
    const { message } = error as Error;
    expect(message).not.toContain("\n");
    return message.replace(path, "run.yaml");
  }
  throw new Error(`nothing was wrong with ${text}`);
};

describe("readConfig", () => {
  test("fills in the defaults", () => {
    const config = read(minimal);
    expect(config).toMatchObject({ task: "detection", method: "supervised", seed: 0, data: { labeled: 1, unlabeled: 0, test: 0 } });
    expect(config.network.levels).toEqual([{ stride: 4, anchorsMm: [5, 8, 13] }]);
    // What a run keeps is a configuration again.
    expect(validateConfig(JSON.parse(JSON.stringify(config)), "config.json")).toEqual(config);
  });

  test("takes JSON, anchors with aliases, a byte order mark and CRLF", () => {
    const json = JSON.stringify({ method: "supervised", data: { root: "phantoms", labeled: 1 } });
    expect(read(json)).toEqual(read(minimal));
    expect(read(`\uFEFF${minimal.replaceAll("\n", "\r\n")}`)).toEqual(read(minimal));
    expect(read(`${minimal}seed: &a 3\nfocalmix: { views: *a }\n`)).toMatchObject({ seed: 3, focalmix: { views: 3 } });
  });

  test("takes paths relative to the folder of the configuration, and leaves ids alone", () => {
    mkdirSync(join(home, "scans"), { recursive: true });
    writeFileSync(join(home, "scans", "a.mha"), "");
    const { data } = read(
      `method: supervised\ndata:\n  root: ../set\n  annotations: a.csv\n  excluded: /e.csv\n  labeled: [scans/a.mha, 1.2.3.4.5.6.7]\n  test: ["7"]\n`,
    );
    expect(data).toMatchObject({
      root: join(home, "..", "set"),
      annotations: join(home, "a.csv"),
      excluded: "/e.csv",
      labeled: [join(home, "scans", "a.mha"), "1.2.3.4.5.6.7"],
      test: ["7"],
    });
  });

  const places = [[], ["data"], ["preprocessing"], ["network"], ["matching"], ["training"], ["loss"], ["focalmix"], ["detection"]];
  test.each(places)("a misspelt key is named with its line and the keys that exist: %j", (...place) => {
    const [section] = place as (string | undefined)[];
    const keys = settingsAt(place.filter((key) => key !== undefined));
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      const wrong = `${key}s_`;
      const own = section === "data" ? "" : minimal;
      const text = section === undefined ? `${own}${wrong}: 1\n` : `${own}${section}:\n  # a comment\n  ${wrong}: 1\n`;
      const line = own === "" ? 3 : section === undefined ? 5 : 7;
      expect(complaint(text)).toBe(
        `run.yaml, line ${line}: ${section === undefined ? "" : `${section}.`}${wrong} is no setting; expected one of ${keys.join(", ")}`,
      );
    }
  });

  test.each([
    [
      `${minimal}network:\n  levels:\n    - stride: 4\n      anchors: [4]\n`,
      "run.yaml, line 8: network.levels[0].anchors is no setting; expected one of stride, anchorsMm",
    ],
    [`${minimal}__proto__: 3\n`, "run.yaml, line 5: __proto__ is no setting; expected one of task, method,"],
    [minimal.replace("method", "methd"), "run.yaml, line 1: methd is no setting; expected one of task, method,"],
    [
      minimal.replace("labeled", "labelled"),
      "run.yaml, line 4: data.labelled is no setting; expected one of root, annotations, excluded, labeled,",
    ],
    // What is missing
    ["", "run.yaml: the configuration is empty; expected settings, at least method and data"],
    ["[]", "run.yaml: the configuration is []; expected settings, at least method and data"],
    ["just text", 'run.yaml: the configuration is "just text"; expected settings'],
    ["data: { labeled: 1 }", "run.yaml: method is missing; expected supervised or focalmix"],
    ["method: supervised", "run.yaml: data is missing; expected a group of settings"],
    [
      "method: supervised\ndata:\n  root: x\n",
      "run.yaml, line 2: data.labeled is missing; expected how many scans, or a list of ids and paths",
    ],
    // Wrong types and ranges
    [`${minimal}training:\n  # steps: 3\n`, "run.yaml, line 5: training is empty; expected a group of settings"],
    [`${minimal}training:\n  steps: 0`, "run.yaml, line 6: training.steps is 0; expected a whole number of at least 1"],
    [`${minimal}training:\n  steps: 1.5`, "training.steps is 1.5; expected a whole number of at least 1"],
    [`${minimal}training: { steps: .inf }`, "training.steps is Infinity; expected a whole number of at least 1"],
    [`${minimal}training: { learningRate: "1e-3" }`, 'training.learningRate is "1e-3"; expected a number above 0, up to 100'],
    [`${minimal}training: { learningRate: .nan }`, "training.learningRate is NaN; expected a number above 0, up to 100"],
    [`${minimal}training: { symmetries: cubes }`, 'training.symmetries is "cubes"; expected cube or flips or none'],
    [`${minimal}training: { emaDecay: 1 }`, "training.emaDecay is 1; expected a number from 0 to 0.99999"],
    [
      `${minimal}preprocessing: { spacingMm: [1, 2] }`,
      "preprocessing.spacingMm is [1,2]; expected a number from 0.1 to 20, or three of them for z, y and x",
    ],
    [`${minimal}preprocessing: { spacingMm: 0 }`, "preprocessing.spacingMm is 0; expected a number from 0.1 to 20"],
    [`${minimal}preprocessing: { windowHu: [400] }`, "preprocessing.windowHu is [400]; expected two numbers, the lower and the upper end"],
    [`${minimal}preprocessing: { windowHu: [1, 2, 3] }`, "preprocessing.windowHu is [1,2,3]; expected two numbers"],
    [`${minimal}preprocessing: { lungMask: yes }`, 'preprocessing.lungMask is "yes"; expected true or false'],
    [`${minimal}loss: { alpha: [1, 2] }`, "loss.alpha[1] is 2; expected a number from 0 to 1"],
    [`${minimal}network: { channels: [8] }`, "network.channels is [8]; expected a list of 2 to 8 numbers of channels"],
    [`${minimal}network: { channels: [8, 1.0e+9] }`, "network.channels[1] is 1000000000; expected a whole number from 1 to 4096"],
    [`${minimal}network: { levels: [] }`, "network.levels is []; expected a list of 1 to 8 levels, each with stride and anchorsMm"],
    [`${minimal}seed: 1.0e+12`, "seed is 1000000000000; expected a whole number from 0 to 4294967295"],
    ["method: fixmatch\ndata: { labeled: 1 }", 'run.yaml, line 1: method is "fixmatch"; expected supervised or focalmix'],
    ["method: supervised\ndata:\n  labeled: -1", "run.yaml, line 3: data.labeled is -1; expected a whole number of at least 0"],
    [
      "method: supervised\ndata:\n  labeled: [12, a]",
      'data.labeled is [12,"a"]; expected how many scans, or a list of ids and paths (in quotes where they look like numbers)',
    ],
    ["method: supervised\ndata:\n  labeled: [a, '']", 'data.labeled[1] is ""; expected the id or path of a scan, as text'],
    ["method: supervised\ndata:\n  labeled: 1\n  root: 5", "run.yaml, line 4: data.root is 5; expected a path"],
    // Settings that do not fit each other
    [
      `${minimal}network: { levels: [{ stride: 3, anchorsMm: [5] }] }`,
      "network.levels[0].stride is 3; expected 2 or 4 or 8, the strides of 3 channels",
    ],
    [
      `${minimal}network: { levels: [{ stride: 4, anchorsMm: [5] }, { stride: 4, anchorsMm: [9] }] }`,
      "network.levels[1].stride is 4; expected another stride for each level",
    ],
    [
      `${minimal}network: { levels: [{ stride: 4, anchorsMm: [5] }, { stride: 8, anchorsMm: [5, 9] }] }`,
      "network.levels[1].anchorsMm is [5,9]; expected as many anchors at every level",
    ],
    [`${minimal}network: { channels: [6, 8] }`, "network.channels[0] is 6; expected a multiple of network.groups, which is 4"],
    [`${minimal}network: { pyramidChannels: 6 }`, "network.pyramidChannels is 6; expected a multiple of network.groups, which is 4"],
    [`${minimal}training: { patch: 36 }`, "training.patch is 36; expected a multiple of 8, the network's largest stride"],
    [`${minimal}detection: { patch: 36 }`, "detection.patch is 36; expected a multiple of 8, the network's largest stride"],
    [
      `${minimal}preprocessing: { windowHu: [400, -1000] }`,
      "preprocessing.windowHu is [400,-1000]; expected the lower end first, then the upper one",
    ],
    [
      `${minimal}preprocessing: { spacingMm: [2, 1, 1] }`,
      'training.symmetries is "cube"; expected flips or none where preprocessing.spacingMm differs between axes',
    ],
    [
      "method: focalmix\ndata: { labeled: 1 }\ntraining: { unlabeledBatch: 0 }",
      "run.yaml, line 3: training.unlabeledBatch is 0; expected at least 1 for the method focalmix",
    ],
    // Not YAML
    [`${minimal}method: focalmix\n`, "run.yaml, line 5: method is there twice; expected each setting once"],
    [
      `${minimal}a: [\n`,
      "run.yaml, line 6: flow sequence in block collection must be sufficiently indented and end with a ]; expected YAML",
    ],
    [`${minimal}\ta: 1\n`, "run.yaml, line 5: tabs are not allowed as indentation; expected YAML"],
    [`${minimal}---\na: 1\n`, "run.yaml, line 5: a second document begins; expected one"],
    [`${minimal}seed: !foo 3\n`, "run.yaml, line 5: unresolved tag: !foo; expected YAML"],
    [`${minimal}seed: *x\n`, "run.yaml: unresolved alias (the anchor must be set before the alias): x; expected a configuration in YAML"],
  ])("refuses in one sentence: %j", (text, sentence) => {
    expect(complaint(text)).toContain(sentence);
  });

  test("refuses a billion laughs, a huge file, a folder and nothing", () => {
    const laughs = ["l0: &l0 [a, a]", ...Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`)];
    expect(complaint(laughs.join("\n"))).toContain("excessive alias count");
    expect(complaint(minimal + "#".repeat(2 ** 20))).toBe(
      `run.yaml has ${2 ** 20 + minimal.length} bytes; expected a configuration in YAML, at most 1048576`,
    );
    expect(() => readConfig(home)).toThrow(`${home} is a folder; expected a configuration in YAML`);
    expect(() => readConfig(join(home, "none.yaml"))).toThrow(`none.yaml does not exist; expected a configuration in YAML`);
  });

  test("cuts a long value short", () => {
    expect(complaint(`${minimal}seed: ${"x".repeat(500)}`).length).toBeLessThan(200);
  });
});
