import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, describe, expect, test } from "vitest";
import { scoreFigure } from "../src/report/detection-scores.js";
import { boxLayer, heatLayer } from "../src/report/pictures.js";
import type { RunSummary } from "../src/report/summarize-detector.js";
import type { MixturePicture, MixturePictures } from "../src/run/mixture-pictures.js";
import type { TargetPicture, TargetPictures } from "../src/run/target-pictures.js";
import { call } from "./helpers.js";
import { type FakeRun, judge, someMarks, stepEvent, writeRun } from "./report-runs.js";

const home = mkdtempSync(join(tmpdir(), "gleaner-report-pictures-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let last = 0;
async function pageOf(runs: Record<string, FakeRun>): Promise<string> {
  const folder = join(home, String(last++));
  const out = join(folder, "report.html");
  const folders = Object.entries(runs).map(([name, run]) => writeRun(join(folder, name), run));
  const { code, stderr } = await call("report", ...folders, "--out", out);
  expect([code, stderr]).toEqual([0, ""]);
  return readFileSync(out, "utf8");
}
const textOf = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>/gs, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

const pixels = Buffer.alloc(16, 90).toString("base64");
const target = (changes: Partial<TargetPicture> = {}): TargetPicture => ({
  choice: "confident",
  scan: "1.2.840.99999.7.7",
  world: [1, -2, 3],
  size: 4,
  spacingMm: 1.5,
  pixels,
  grid: [1, 2],
  mean: [0.25, 0.6],
  target: [0.1, 0.692],
  truth: [[1, 1, 2, 2]],
  ...changes,
});
const targets = (patches: TargetPicture[], changes: Partial<TargetPictures> = {}): TargetPictures => ({
  step: 4,
  method: "focalmix",
  views: 4,
  temperature: 0.5,
  patches,
  ...changes,
});
const mixture = (changes: Partial<MixturePicture> = {}): MixturePicture => ({
  scan: "scan-a",
  labeled: true,
  partner: { scan: "scan-b", labeled: false },
  lambda: 0.75,
  size: 4,
  spacingMm: 1.5,
  before: pixels,
  other: pixels,
  mixed: pixels,
  objectsMixed: pixels,
  objects: [
    { box: [1, 1, 2, 2], diameterMm: 6, lambda: 0.8, donor: { scan: "scan-c", labeled: true, diameterMm: 9 } },
    { box: null, diameterMm: 5, lambda: 0.6, donor: { scan: "scan-d", labeled: false, diameterMm: 4 } },
  ],
  ...changes,
});
const mixtures = (patches: MixturePicture[], changes: Partial<MixturePictures> = {}): MixturePictures => ({
  step: 4,
  mixUp: "image+object",
  alpha: 0.2,
  patches,
  ...changes,
});
const focalmix: FakeRun = { config: { method: "focalmix" }, marks: someMarks };

describe("targets", () => {
  test("the patch, the mean of the views and the target stand side by side, the truth on each", async () => {
    const html = await pageOf({
      mixed: { ...focalmix, targets: targets([target(), target({ choice: "random" })]) },
      a: { marks: someMarks },
    });
    const section = html.slice(html.indexOf("<h2>Targets of mixed"), html.indexOf("<h2>Settings"));
    expect(section.match(/class="strip"/g)).toHaveLength(2);
    expect(section.match(/class="truth" x="1.5"/g)).toHaveLength(2 * 3);
    const text = textOf(section);
    for (const words of [
      "Around the teacher’s best mark of a scan",
      "Anywhere in a scan",
      "The target is the mean of 4 views, sharpened with T = 0.5.",
      "up to 0.60, target 0.69 · 1 annotated nodule on the slice",
    ])
      expect(text).toContain(words);
    expect(html).not.toContain("Targets of a<");
    expect(html).not.toMatch(/NaN|undefined|\[object/);
  });

  test("says where no nodule is annotated", async () => {
    const html = await pageOf({ one: { ...focalmix, targets: targets([target({ truth: null })]) } });
    const text = textOf(html.slice(html.indexOf("<h2>Targets")));
    expect(text).toContain("there are none for these scans");
    expect(text).toContain("no nodule of this scan is annotated");
  });

  test("a mean teacher's are hard", async () => {
    const run = { config: { method: "mean-teacher" }, marks: someMarks };
    const hard = targets([target({ target: [0, 1] })], { method: "mean-teacher", views: 1, temperature: null });
    const text = textOf(await pageOf({ one: { ...run, targets: hard } }));
    expect(text).toContain("The target is hard: 1 at the anchors that match an object");
    expect(text).not.toContain("sharpened");
  });

  test("the heat is clear where nothing is, and stronger where more is", () => {
    const png = PNG.sync.read(Buffer.from(/base64,([^"]*)"/.exec(heatLayer([0, 0.2, 0.6, 1, 7], [1, 5], 4))![1]!, "base64"));
    const alphas = [0, 1, 2, 3, 4].map((i) => png.data[4 * i + 3]!);
    expect(alphas[0]).toBe(0);
    expect(alphas).toEqual([...alphas].sort((a, b) => a - b));
    expect(new Set(alphas.slice(0, 4)).size).toBe(4);
    expect(alphas[4]).toBe(alphas[3]);
  });
});

describe("MixUp", () => {
  test("shows what was mixed, and where each object's donor is from", async () => {
    const html = await pageOf({ mixed: { ...focalmix, mixtures: mixtures([mixture()]) } });
    const section = html.slice(html.indexOf("<h2>MixUp of mixed"), html.indexOf("<h2>Settings"));
    expect(section.match(/class="slice"/g)).toHaveLength(4);
    expect(section.match(/<rect class="truth"/g)).toHaveLength(1);
    const text = textOf(section);
    for (const words of [
      "mixed, λ 0.75",
      "labeled scan-a · unlabeled partner scan-b",
      "1: 0.80 of an object of 6.0 mm, 0.20 of an annotated one of 9.0 mm from scan-c",
      "2: 0.60 of an object of 5.0 mm, not on this slice, 0.40 of one that the teacher sees of 4.0 mm from scan-d",
    ])
      expect(text).toContain(words);
  });

  test("of images alone, and of objects where there are none", async () => {
    const bare = mixture({ objectsMixed: null, objects: [] });
    const images = textOf(await pageOf({ mixed: { ...focalmix, mixtures: mixtures([bare], { mixUp: "image" }) } }));
    expect(images).toContain("MixUp of mixed");
    expect(images).not.toContain("Then each object");
    expect(images).not.toContain("these patches have none");
    expect(textOf(await pageOf({ mixed: { ...focalmix, mixtures: mixtures([bare]) } }))).toContain("these patches have none");
  });

  test("the number of a box stays on the picture", () => {
    for (const corners of [
      [0, 0, 2, 2],
      [28, 28, 31, 31],
      [-4, -4, 40, 40],
    ] as [number, number, number, number][]) {
      const [, x, y, anchor] = /<text x="([^"]*)" y="([^"]*)".*text-anchor="([a-z]*)"/.exec(boxLayer(corners, "mark", 1, 32))!;
      expect(anchor === "end" ? Number(x) - 2 : Number(x) + 2).toBeGreaterThanOrEqual(0);
      expect(anchor === "end" ? Number(x) : Number(x) + 2).toBeLessThanOrEqual(32);
      expect(Number(y)).toBeGreaterThanOrEqual(4);
      expect(Number(y)).toBeLessThanOrEqual(32);
    }
  });
});

describe("student, scores, warnings", () => {
  test("the student has a row, a sentence and a dotted curve of its own", async () => {
    const judged = { ...judge(someMarks), step: 4, student: judge(someMarks.slice(1)) };
    const run = writeRun(join(home, "with-student"), { marks: someMarks });
    writeFileSync(join(run, "evaluation/froc.json"), JSON.stringify(judged));
    const out = join(home, "student.html");
    expect((await call("report", run, "--out", out)).code).toBe(0);
    const html = readFileSync(out, "utf8");
    const cpm = (100 * judged.student.cpm).toFixed(1);
    expect(textOf(html)).toContain(`The student alone, the weights of the last step: CPM ${cpm} %.`);
    expect(html).toMatch(new RegExp(`<th scope="row">with-student, student</th><td>${cpm}</td>`));
    expect(html).toContain(`of its student ${cpm} %`);
    expect(html.match(/stroke-dasharray="1.5 3.5"/g)).toHaveLength(1);
    expect(textOf(html)).toContain("Dotted: the student");
  });

  test("scores: nodules above the axis, false positives below it, and the line where one a scan is left", () => {
    const scores = { found: [0, 1, 0, 10], falsePositives: [100, 1, 0, 0], thresholdAt1: 0.25 };
    const svg = scoreFigure({ name: "a" } as RunSummary, 0, scores);
    const attribute = (tag: string, name: string): number => Number(new RegExp(` ${name}="([^"]*)"`).exec(tag)![1]);
    const bars = [...svg.matchAll(/<rect [^>]*width=[^>]*>/g)].map(([tag]) => ["x", "y", "height"].map((name) => attribute(tag, name)));
    const [one, ten, hundred, single] = bars as [number[], number[], number[], number[]];
    expect(bars).toHaveLength(4);
    expect(one[0]).toBe(single[0]);
    // A power of ten more is as much higher, above and below alike.
    expect(ten[2]! - one[2]!).toBeCloseTo((hundred[2]! - single[2]!) / 2, 3);
    expect(one[1]! + one[2]!).toBeCloseTo(single[1]!, 3);
    expect(svg).toContain("1 FP a scan: 0.25");
    expect(scoreFigure({ name: "a" } as RunSummary, 0, { ...scores, thresholdAt1: null })).not.toContain("1 FP a scan");
  });

  test("a warning of training is told", async () => {
    const steps = [1, 2, 3, 4].map((step) => stepEvent(step, { unlabeledWeight: 1, pseudoPositives: 2 }));
    const run: FakeRun = { config: { method: "mean-teacher" }, marks: someMarks, steps };
    const warned = textOf(await pageOf({ one: { ...run, warnings: [{ kind: "warning", step: 4, text: "…" }] } }));
    expect(warned).toContain("Pseudo-positives reached 2.00 a patch (above 1.2), first at step 4, and training warned of it:");
    expect(textOf(await pageOf({ one: run }))).toContain("first at step 4: the teacher");
  });

  test("every method is compared with supervised training", async () => {
    const marks = { marks: someMarks };
    const text = textOf(
      await pageOf({ a: marks, b: { ...focalmix, marks: someMarks.slice(1) }, c: { config: { method: "mean-teacher" }, ...marks } }),
    );
    expect(text).toMatch(
      /At equal steps, FocalMix is \d+\.\d CPM points below supervised training here; the mean teacher and supervised training have the same CPM here\./,
    );
    expect(text).toMatch(/FocalMix: One run carries .* The mean teacher: One run carries/);
  });
});

test.each([
  ["targets.json", "{}", "targets.json is not what a run leaves behind: step"],
  ["targets.json", JSON.stringify(targets([target({ mean: [2] })])), "patches.0.mean.0"],
  ["mixup.json", JSON.stringify(mixtures([mixture({ size: 1e9 })])), "patches.0.size"],
])("a broken %s is refused in one sentence", async (file, content, words) => {
  const run = writeRun(join(home, `broken-${last++}`), focalmix);
  writeFileSync(join(run, "evaluation", file), content);
  const { code, stderr } = await call("report", run, "--out", join(home, "broken.html"));
  expect([code, stderr.trimEnd().split("\n").length]).toEqual([2, 1]);
  expect(stderr).toContain(words);
});
