import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { worldToVoxel } from "@gleaner/volumes";
import { readLuna16, readVolume } from "@gleaner/volumes/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { callIn } from "./helpers.js";
import { makeTrainingSet, tinySettings } from "./training-set.js";

let set: Awaited<ReturnType<typeof makeTrainingSet>>;
let scans: { id: string; path: string }[];
const gleaner = (...argv: string[]) =>
  callIn({ GLEANER_CACHE: set.at("cache") }, ...argv, ...(argv.includes("--engine") ? [] : ["--engine", "wasm"]));

/** What a refused call says after the line on the engine, with its exit code. */
async function refusal(...argv: string[]): Promise<{ code: number; says: string }> {
  const { code, stdout, stderr } = await gleaner(...argv);
  expect(stdout).toBe("");
  const lines = stderr
    .replaceAll(set.home, "~")
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("engine: "));
  expect(lines).toHaveLength(1);
  return { code, says: lines[0]! };
}

beforeAll(async () => {
  set = await makeTrainingSet();
  scans = readLuna16(set.at("phantoms")).scans;
  writeFileSync(set.at("tiny.yaml"), stringify(tinySettings({ detection: { scoreThreshold: 0, maxPerScan: 20 } })));
  const { code, stdout, stderr } = await gleaner("train", set.at("tiny.yaml"), "--out", set.at("run"), "--json");
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ run: set.at("run"), method: "supervised", steps: 6, stopped: false });
  expect(stderr).toMatch(/^engine: wasm /);
});
afterAll(() => set.remove());

describe("gleaner detect", () => {
  test("writes candidates in LUNA16's columns, inside the scans, best first", async () => {
    const out = set.at("new/folder/candidates.csv");
    const paths = scans.slice(0, 2).map(({ path }) => path);
    const { code, stdout } = await gleaner("detect", set.at("run"), ...paths, "--out", out, "--json");
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.candidates).toBe(out);
    const [header, ...rows] = readFileSync(out, "utf8").trimEnd().split("\n");
    expect(header).toBe("seriesuid,coordX,coordY,coordZ,probability");
    for (const [i, path] of paths.entries()) {
      const volume = await readVolume(path);
      const marks = rows.filter((row) => row.startsWith(`${scans[i]!.id},`)).map((row) => row.split(",").slice(1).map(Number));
      expect(marks).toHaveLength(20);
      const probabilities = marks.map(([, , , probability]) => probability!);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(probabilities.every((p) => p > 0 && p < 1)).toBe(true);
      for (const [x, y, z] of marks as [number, number, number][]) {
        for (const [axis, c] of worldToVoxel(volume, [x, y, z]).entries()) expect(c >= -0.5 && c <= volume.shape[axis]! - 0.5).toBe(true);
      }
      expect(result.scans[i]).toEqual({ scan: scans[i]!.id, path, marks: 20, highest: probabilities[0] });
    }
    expect(readdirSync(set.at("new/folder"))).toEqual(["candidates.csv"]);
  });

  test("says the same to people", async () => {
    const { code, stdout } = await gleaner("detect", set.at("run"), scans[0]!.path, "--out", set.at("c.csv"));
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${scans[0]!.id}: 20 marks, the highest 0\\.\\d{3}\\nwrote .*c\\.csv\\n$`));
  });

  test("refuses in one sentence, and writes nothing", async () => {
    const out = set.at("none.csv");
    const scan = scans[0]!.path;
    const run = set.at("run");
    const cases: [string[], number, string | RegExp][] = [
      [
        [run, set.at("nope.mhd"), "--out", out],
        2,
        "gleaner: ~/nope.mhd does not exist; expected a volume: a file, or the folder of a DICOM series",
      ],
      [
        [run, scan, set.at("phantoms"), "--out", out],
        2,
        "gleaner: ~/phantoms holds no DICOM series; expected one, or the file of a volume",
      ],
      [
        [set.at("nowhere"), scan, "--out", out],
        2,
        "gleaner: ~/nowhere does not exist; expected the folder of a run, as `gleaner train` makes",
      ],
      [[set.at("phantoms"), scan, "--out", out], 2, "gleaner: ~/phantoms/config.json does not exist; expected a file of a run"],
      [[run, scan, "--out", set.home], 2, "gleaner: ~ is a folder; expected the name of a file to write"],
      [
        [run, scan, "--out", join(scan, "c.csv")],
        2,
        /^gleaner: .*\.mhd\/c\.csv cannot be written, because .*\.mhd is a file; expected a folder$/,
      ],
      [[run, scan, "--out", out, "--engine", "banana"], 2, 'gleaner: --engine is "banana"; expected native, webgpu, wasm, cpu'],
    ];
    for (const [argv, code, says] of cases) {
      const found = await refusal("detect", ...argv);
      expect(found).toEqual({ code, says: typeof says === "string" ? says : expect.stringMatching(says) });
    }
    mkdirSync(set.at("copies"));
    const twin = join(set.at("copies"), `${scans[0]!.id}.mha`);
    copyFileSync(scan, twin);
    expect((await refusal("detect", run, scan, twin, "--out", out)).says).toBe(
      `gleaner: ~/copies/${scans[0]!.id}.mha: another scan is named ${scans[0]!.id} too; expected different file names, which become the series ids`,
    );
    const cut = set.at("cut.mha");
    writeFileSync(cut, "NDims = 3\nDimSize = 10 10 10\nElementType = MET_SHORT\nElementDataFile = LOCAL\n12");
    expect(await refusal("detect", run, cut, "--out", out)).toEqual({ code: 2, says: expect.stringMatching(/^gleaner: ~\/cut\.mha: /) });
    expect(existsSync(out)).toBe(false);
  });

  test("refuses a run that is not whole", async () => {
    const broken = (name: string, damage: (run: string) => void): string => {
      cpSync(set.at("run"), set.at(name), { recursive: true });
      damage(set.at(name));
      return set.at(name);
    };
    const detect = (run: string) => refusal("detect", run, scans[0]!.path, "--out", set.at("none.csv"));
    const bare = broken("bare", (run) => rmSync(join(run, "checkpoint.safetensors")));
    expect(await detect(bare)).toEqual({
      code: 2,
      says: "gleaner: ~/bare/checkpoint.safetensors does not exist; expected the checkpoint that `gleaner train` leaves",
    });
    const cut = broken("cut", (run) =>
      writeFileSync(join(run, "checkpoint.safetensors"), readFileSync(join(run, "checkpoint.safetensors")).subarray(0, 999)),
    );
    expect(await detect(cut)).toEqual({ code: 2, says: expect.stringMatching(/^gleaner: ~\/cut\/checkpoint\.safetensors: /) });
    const edited = broken("edited", (run) => {
      const config = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
      config.network.channels = [8, 8];
      writeFileSync(join(run, "config.json"), JSON.stringify(config));
    });
    expect(await detect(edited)).toEqual({
      code: 2,
      says: expect.stringMatching(
        /^gleaner: ~\/edited\/checkpoint\.safetensors does not fit the network of ~\/edited\/config\.json: the tensor /,
      ),
    });
    const noJson = broken("no-json", (run) => writeFileSync(join(run, "config.json"), '{\n  "method": "supervised",\n  "seed"\n}\n'));
    expect(await detect(noJson)).toEqual({ code: 2, says: expect.stringMatching(/^gleaner: ~\/no-json\/config\.json is no JSON: /) });
    const wrong = broken("wrong", (run) => writeFileSync(join(run, "config.json"), '{ "methd": 1 }'));
    expect((await detect(wrong)).says).toMatch(/^gleaner: ~\/wrong\/config\.json: methd is no setting; expected one of task, method, /);
    expect(existsSync(set.at("none.csv"))).toBe(false);
  });
});

describe("gleaner evaluate", () => {
  test("judges the held-out scans and writes everything into the run", async () => {
    const { code, stdout } = await gleaner("evaluate", set.at("run"), "--json");
    expect(code).toBe(0);
    const split = JSON.parse(readFileSync(join(set.at("run"), "split.json"), "utf8"));
    const nodules = readLuna16(set.at("phantoms")).annotations.filter(({ scan }) => scan === split.test[0].id);
    expect(JSON.parse(stdout)).toMatchObject({ run: set.at("run"), step: 6, scans: 1, nodules: nodules.length, unknownScans: [] });
    const folder = join(set.at("run"), "evaluation");
    expect(readdirSync(folder).sort()).toEqual(["candidates.csv", "froc.json", "slices.json", "student-candidates.csv"]);
    const rows = readFileSync(join(folder, "candidates.csv"), "utf8").trimEnd().split("\n").slice(1);
    expect(new Set(rows.map((row) => row.split(",")[0]))).toEqual(new Set([split.test[0].id]));
    expect(JSON.parse(readFileSync(join(folder, "froc.json"), "utf8"))).toMatchObject({ step: 6, scans: 1, curve: expect.anything() });
    const slices = JSON.parse(readFileSync(join(folder, "slices.json"), "utf8"));
    expect(slices.length).toBeGreaterThan(0);
    for (const { kind, size, pixels, truth } of slices) {
      expect(Buffer.from(pixels, "base64")).toHaveLength(size * size);
      expect(truth === null).toBe(kind === "false positive");
    }
  });

  test("--part validation judges the scans that settings are chosen by, in a folder of its own", async () => {
    const run = set.at("validated");
    cpSync(set.at("run"), run, { recursive: true });
    rmSync(join(run, "evaluation"), { recursive: true, force: true });
    const none = await refusal("evaluate", run, "--part", "validation");
    expect(none.says).toBe("gleaner: ~/validated/config.json: data.validation names no scan; expected at least one to evaluate on");
    const config = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
    const split = JSON.parse(readFileSync(join(run, "split.json"), "utf8"));
    writeFileSync(join(run, "config.json"), JSON.stringify({ ...config, data: { ...config.data, unlabeled: 0, validation: 1 } }));
    writeFileSync(join(run, "split.json"), JSON.stringify({ ...split, unlabeled: [], validation: split.unlabeled }));
    const { code, stdout } = await gleaner("evaluate", run, "--part", "validation", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ step: 6, scans: 1 });
    const rows = readFileSync(join(run, "validation/candidates.csv"), "utf8").trimEnd().split("\n").slice(1);
    expect(new Set(rows.map((row) => row.split(",")[0]))).toEqual(new Set([split.unlabeled[0].id]));
    expect(existsSync(join(run, "evaluation"))).toBe(false);
  });

  test("says the same to people, in the order of the rates", async () => {
    const { code, stdout } = await gleaner("evaluate", set.at("run"));
    expect(code).toBe(0);
    const [first, rates, sensitivities] = stdout.split("\n") as [string, string, string];
    expect(first).toMatch(/run, step 6: \d nodules in 1 scans?$/);
    expect(
      rates
        .trim()
        .split(/\s{2,}/)
        .slice(1),
    ).toEqual(["1/8", "1/4", "1/2", "1", "2", "4", "8", "CPM"]);
    expect(sensitivities.length).toBe(rates.length);
  });

  test("refuses a run without held-out scans, and one whose scans are gone", async () => {
    const settings = (change: (data: Record<string, unknown>) => void, name: string): string => {
      cpSync(set.at("run"), set.at(name), { recursive: true });
      rmSync(join(set.at(name), "evaluation"), { recursive: true, force: true });
      const config = JSON.parse(readFileSync(join(set.at(name), "config.json"), "utf8"));
      change(config.data);
      writeFileSync(join(set.at(name), "config.json"), JSON.stringify(config));
      return set.at(name);
    };
    const none = settings((data) => Object.assign(data, { test: 0 }), "no-test");
    expect(await refusal("evaluate", none)).toEqual({
      code: 2,
      says: "gleaner: ~/no-test/config.json: data.test names no scan; expected at least one to evaluate on",
    });
    const gone = settings((data) => Object.assign(data, { root: set.at("gone") }), "gone-run");
    const found = await refusal("evaluate", gone);
    expect(found).toEqual({ code: 2, says: expect.stringMatching(/^gleaner: ~\/gone: /) });
    for (const run of [none, gone]) expect(existsSync(join(run, "evaluation"))).toBe(false);
  });
});

describe("gleaner prepare and train", () => {
  test("prepare fills the cache, and says so once", async () => {
    const prepare = async (...more: string[]) => {
      const { code, stdout } = await callIn({ GLEANER_CACHE: set.at("fresh") }, "prepare", set.at("tiny.yaml"), ...more);
      expect(code).toBe(0);
      return stdout;
    };
    const { folder, ...counts } = JSON.parse(await prepare("--json"));
    expect(counts).toEqual({ scans: 4, prepared: 4, cached: 0, failed: [] });
    expect(folder.startsWith(set.at("fresh/prepared/"))).toBe(true);
    expect(await prepare()).toBe(`4 scans are ready in ${folder}, 0 of them new\n`);
    expect(readdirSync(folder)).toHaveLength(5);
  });

  test("--seed and --steps replace the configuration's, and --resume goes on", async () => {
    const train = (...more: string[]) => gleaner("train", set.at("tiny.yaml"), "--out", set.at("options"), "--json", ...more);
    const first = await train("--seed", "5", "--steps", "2");
    expect(JSON.parse(first.stdout)).toMatchObject({ steps: 2 });
    expect(JSON.parse(readFileSync(set.at("options/config.json"), "utf8"))).toMatchObject({ seed: 5, training: { steps: 2 } });
    expect(JSON.parse((await train("--seed", "5", "--steps", "2", "--resume")).stdout)).toMatchObject({ steps: 2 });
    const other = await train("--seed", "6", "--steps", "2", "--resume");
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("config.json: seed is 6 now and was 5; expected the settings that the run was started with");
  });

  test("refuse in one sentence", async () => {
    const file = (name: string, values: object): string => {
      writeFileSync(set.at(name), stringify({ ...tinySettings(), ...values }));
      return set.at(name);
    };
    const out = ["--out", set.at("refused")];
    expect(await refusal("train", file("typo.yaml", { sede: 3 }), ...out)).toEqual({
      code: 2,
      says: expect.stringMatching(/^gleaner: ~\/typo\.yaml, line \d+: sede is no setting; expected one of task, method, seed, /),
    });
    expect(await refusal("train", file("many.yaml", { data: { root: "phantoms", labeled: 50 } }), ...out)).toEqual({
      code: 2,
      says: "gleaner: ~/many.yaml: data.labeled is 50; expected at most 4, the scans of ~/phantoms that no other part has",
    });
    for (const [option, text, expected] of [
      ["--seed", "-1", "a whole number from 0 to 4294967295"],
      ["--steps", "0", "a whole number of at least 1"],
      ["--steps", "many", "a whole number of at least 1"],
    ] as const) {
      expect(await refusal("train", set.at("tiny.yaml"), ...out, `${option}=${text}`)).toEqual({
        code: 2,
        says: `gleaner: ${option} is ${JSON.stringify(text)}; expected ${expected}`,
      });
    }
    expect(existsSync(set.at("refused"))).toBe(false);
  });
});
