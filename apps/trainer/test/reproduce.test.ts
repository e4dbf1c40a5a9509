import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readAnyConfig } from "../src/config.js";
import { comparisons, type TableRow } from "../src/reproduce/rows.js";
import { call } from "./helpers.js";

let home: string;
let digits: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "reproduce-"));
  digits = join(home, "digits.csv");
  // Digits that are not digits: class c has its c-th row of pixels bright.
  const rows = Array.from({ length: 560 }, (_, i) => {
    const label = i % 10;
    const image = Array.from({ length: 64 }, (_, p) => (Math.floor(p / 8) === label % 8 ? 16 - (label >= 8 ? 8 : 0) : (p * i) % 4));
    return [...image, label].join(",");
  });
  writeFileSync(digits, `${rows.join("\n")}\n`);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Result {
  rows: TableRow[];
  comparisons: { method: string; against: string; wins: number; meanGain: number }[];
}

describe("gleaner reproduce digits", () => {
  const words = (out: string, ...more: string[]) => [
    "reproduce",
    "digits",
    "--data",
    digits,
    "--out",
    join(home, out),
    "--engine",
    "wasm",
    "--steps",
    "2",
    "--json",
    ...more,
  ];

  test("trains every method with every seed and gives rows; what is done is not done again", async () => {
    const first = await call(...words("all", "--seeds", "2", "--methods", "fixmatch,flexmatch"));
    expect(first.code).toBe(0);
    const { rows, comparisons: compared } = JSON.parse(first.stdout) as Result;
    expect(rows.map(({ method, seeds }) => [method, seeds])).toEqual([
      ["fixmatch", [0, 1]],
      ["flexmatch", [0, 1]],
    ]);
    for (const row of rows) {
      for (const errors of [row.lastError, row.bestError]) expect(errors.every((error) => error! >= 0 && error! <= 100)).toBe(true);
      expect(row.bestError.every((best, i) => best! <= row.lastError[i]!)).toBe(true);
      expect(row.waited.every((share) => share >= 0 && share <= 1)).toBe(true);
    }
    expect(rows[1]!.firstMaskRate).toEqual([1, 1]);
    expect(compared.map(({ method, against }) => [method, against])).toEqual([["flexmatch", "fixmatch"]]);
    const again = await call(...words("all", "--seeds", "2", "--methods", "fixmatch,flexmatch"));
    expect(again.stderr.match(/is done already/g)).toHaveLength(4);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(first.stdout));
  });

  test("shards share the runs out and make the same ones", async () => {
    for (const shard of ["1/2", "2/2"])
      expect((await call(...words("parts", "--seeds", "1", "--methods", "pl,supervised,full", "--shard", shard))).code).toBe(0);
    const whole = await call(...words("parts", "--seeds", "1", "--methods", "pl,supervised,full"));
    expect(whole.stderr.match(/is done already/g)).toHaveLength(3);
    const single = await call(...words("single", "--seeds", "1", "--methods", "pl,supervised,full"));
    const errors = ({ stdout }: { stdout: string }) =>
      (JSON.parse(stdout) as Result).rows.map(({ method, lastError }) => [method, lastError]);
    expect(errors(whole)).toEqual(errors(single));
  });

  test("as a table for people", async () => {
    const { code, stdout } = await call(
      ...words("all", "--seeds", "2", "--methods", "fixmatch,flexmatch").filter((word) => word !== "--json"),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/cell +method +last % +best %/);
    expect(stdout).toMatch(/10 labels: flexmatch has the lower error than fixmatch in \d of 2 seeds, by -?\d+\.\d points on average/);
  });

  test.each<[string[], string]>([
    [
      ["reproduce", "digit"],
      'gleaner: "digit" is no table; expected digits, mnist, pneumonia, phantoms, flexmatch-table1, focalmix-table2, focalmix-table3\n',
    ],
    [["reproduce", "pneumonia"], "gleaner: --data is missing and GLEANER_DATA is not set; expected the data of pneumonia: "],
    [["reproduce", "digits", "--data", "/nowhere"], "gleaner: /nowhere does not exist; expected the data of digits: --fetch gets them"],
    [["reproduce", "mnist", "--fetch"], "gleaner: --fetch is given, but mnist has no such option; it has --labels\n"],
    [["reproduce", "mnist", "--data", "/nowhere"], "gleaner: /nowhere does not exist; expected the data of mnist: "],
    [
      ["reproduce", "digits", "--list", "--methods", "meanteacher"],
      'gleaner: --methods is "meanteacher"; expected some of full,supervised,pl,',
    ],
    [["reproduce", "digits", "--list", "--shard", "3/2"], 'gleaner: --shard is "3/2"; expected i/n with i from 1 to n, such as 1/2\n'],
    [
      ["reproduce", "digits", "--list", "--cells", "a"],
      "gleaner: --cells is given, but digits has no such option; it has --labels, --fetch\n",
    ],
    [
      ["reproduce", "flexmatch-table1", "--list", "--labels", "40"],
      "gleaner: --labels is given, but flexmatch-table1 has no such option; it has --cells\n",
    ],
  ])("%o is refused in one sentence", async (words, message) => {
    const { code, stderr } = await call(...words);
    expect(code).toBe(2);
    expect(stderr.startsWith(message), stderr).toBe(true);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

test("flexmatch-table1 has a configuration for every cell and method, as the paper's program had them", async () => {
  const folder = join(home, "configs");
  const { code, stdout } = await call("reproduce", "flexmatch-table1", "--configs", folder, "--seeds", "1", "--data", "/sets", "--json");
  expect(code).toBe(0);
  const { runs } = JSON.parse(stdout) as { runs: { id: string; config: string }[] };
  expect(runs).toHaveLength(11 * 7);
  for (const { config } of runs)
    expect(readAnyConfig(config)).toMatchObject({
      task: "classification",
      training: { steps: 2 ** 20, labeledBatch: 64, learningRate: 0.03, emaDecay: 0.999 },
    });
  const read = (id: string) => readAnyConfig(join(folder, `${id}.yaml`)) as unknown as Record<string, Record<string, unknown>>;
  expect(read("cifar100-400/flexmatch/seed0")).toMatchObject({
    network: { depth: 28, widen: 8 },
    training: { weightDecay: 1e-3, unlabeledRatio: 7 },
    semi: { threshold: 0.95 },
  });
  expect(read("svhn-40/flex-uda/seed0")).toMatchObject({
    data: { part: "train+extra", labeled: 40 },
    semi: { threshold: 0.8, temperature: 0.4 },
  });
  expect(read("stl10-1000/pl/seed0")).toMatchObject({ network: { groups: 4, firstStride: 2 }, training: { unlabeledRatio: 1 } });
  expect(parse(readFileSync(join(folder, "cifar10-40/full/seed0.yaml"), "utf8")).data).not.toHaveProperty("labeled");
});

test("comparisons pair the seeds that both methods have", () => {
  const row = (method: TableRow["method"], seeds: number[], lastError: number[]) => ({ cell: "c", method, seeds, lastError }) as TableRow;
  expect(comparisons([row("fixmatch", [0, 1, 2], [40, 20, 30]), row("flexmatch", [1, 2, 3], [10, 31, 0])])).toEqual([
    { cell: "c", method: "flexmatch", against: "fixmatch", seeds: [1, 2], wins: 1, meanGain: 4.5 },
  ]);
});
