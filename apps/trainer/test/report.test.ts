import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { call } from "./helpers.js";
import { type FakeRun, judge, sliceOf, someMarks, stepEvent, writeRun } from "./report-runs.js";

const home = mkdtempSync(join(tmpdir(), "gleaner-report-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let last = 0;
/** The page about some runs; each gets its name as its folder. */
async function pageOf(runs: Record<string, FakeRun>): Promise<string> {
  const folder = join(home, String(last++));
  const out = join(folder, "report.html");
  const folders = Object.entries(runs).map(([name, run]) => writeRun(join(folder, name), run));
  const { code, stderr } = await call("report", ...folders, "--out", out);
  expect([code, stderr]).toEqual([0, ""]);
  return readFileSync(out, "utf8");
}

const focalmix = (pseudoPositives: number): FakeRun => ({
  config: { method: "focalmix" },
  steps: [1, 2, 3, 4].map((step) => stepEvent(step, { unlabeledWeight: step > 1 ? 10 : 0, pseudoPositives })),
});
const textOf = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>/gs, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

describe("the page", () => {
  test("stands alone: no script, nothing loaded, no path of a machine", async () => {
    const html = await pageOf({ supervised: { marks: someMarks }, mixed: { ...focalmix(0.3), marks: someMarks } });
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).not.toMatch(/<script|<link|<iframe|<object|@import|url\(\s*["']?(?!#)/i);
    const loaded = [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((match) => match[1]!);
    expect(loaded.length).toBeGreaterThan(0);
    for (const address of loaded) expect(address).toMatch(/^data:image\/png;base64,|^#/);
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    for (const path of ["/home/somebody", home, "scan.mhd"]) expect(html).not.toContain(path);
    expect(html).not.toMatch(/NaN|undefined|\[object/);
  });

  test("holds the seven points, the CPM and what was found by size", async () => {
    const html = await pageOf({ supervised: { marks: someMarks } });
    const { sensitivity, cpm, bySize } = judge(someMarks);
    expect(cpm).toBeGreaterThan(0.3);
    const row = /<tbody><tr><th scope="row">supervised<\/th>(.*?)<\/tr>/s.exec(html.slice(html.indexOf("<h2>FROC")))![1]!;
    const cells = [...row.matchAll(/<td>(?:<strong>)?([^<]*)/g)].map((match) => match[1]);
    const rates = ["0.125", "0.25", "0.5", "1", "2", "4", "8"] as const;
    expect(cells).toEqual([cpm, ...rates.map((rate) => sensitivity[rate])].map((v) => (100 * v).toFixed(1)).concat("2 of 3", "2.0"));
    const text = textOf(html);
    for (const { name, found, nodules } of bySize) {
      expect(text).toContain(name.replace("<", "&lt;"));
      expect(text).toContain(`${found} of ${nodules}`);
    }
    expect(text).toContain(
      `Supervised training, 4 steps on 1 labeled scan in 2 s on wasm 4.22.0 (CPU). CPM ${(100 * cpm).toFixed(1)} % ; 2 of 3 nodules`,
    );
  });

  test("labels every figure and slice", async () => {
    const html = await pageOf({ supervised: { marks: someMarks }, mixed: { ...focalmix(0.3), marks: someMarks } });
    const pictures = [...html.matchAll(/<svg[^>]*>/g)].map((match) => match[0]).filter((svg) => !svg.includes('aria-hidden="true"'));
    expect(pictures).toHaveLength(2 + 2 + 2 + 2);
    for (const svg of pictures) expect(svg).toMatch(/role="img".* aria-label="[^"]+"|aria-label="[^"]+".* role="img"/);
    expect(html).toContain('aria-label="hit, score 0.900, 12.0 mm, at 50.0, 0.0, −3.3 mm, scan 1.2.840.99999.1.1"');
  });

  test("draws boxes where they are in the scan: a pixel's center lies half a pixel from its edge", async () => {
    const html = await pageOf({ supervised: { marks: someMarks, slices: [sliceOf({ truth: null, mark: [0.5, 1, 2.5, 3] })] } });
    expect(html).toContain('<rect class="mark" x="1.0" y="1.5" width="2.0" height="2.0"/>');
    expect(html).not.toContain('<rect class="truth"');
  });

  test("escapes what files say", async () => {
    const evil = `<b onload="x">'&`;
    const html = await pageOf({
      [`<i>"&run`]: { marks: someMarks, slices: [sliceOf({ scan: evil })], environment: { engine: evil, version: evil, device: evil } },
    });
    expect(html).not.toContain("<b onload");
    expect(html).toContain("<b>&lt;i&gt;&quot;&amp;run</b>");
    expect(html).toContain('per scan. &lt;i&gt;&quot;&amp;run: CPM 52.4 %."');
    expect(html).not.toContain("<i>");
    expect(html).toContain("&lt;b onload=&quot;x&quot;&gt;&#39;&amp;");
  });
});

describe("the words", () => {
  const judged = { marks: someMarks };

  test("a difference between two runs is no evidence", async () => {
    const text = textOf(await pageOf({ a: judged, b: { ...focalmix(0.3), marks: someMarks.slice(1) } }));
    expect(text).toMatch(/At equal steps, FocalMix is \d+\.\d CPM points below supervised training here\./);
    expect(text).toMatch(/about 5 points of noise, so this is (no evidence for either method|a hint, not a proof)/);
    expect(text).toContain("one pair of runs does not tell: the documentation has a table");
    expect(text).toContain("Pseudo-positives stayed below 1.2 a patch (at most 0.30).");
  });

  test("the same CPM is called so", async () => {
    const text = textOf(await pageOf({ a: judged, b: { ...focalmix(0), ...judged } }));
    expect(text).toContain("FocalMix and supervised training have the same CPM here.");
  });

  test("several seeds are compared by their means", async () => {
    const runs = { a: judged, b: judged, c: { ...focalmix(0), ...judged }, d: { ...focalmix(0), marks: someMarks.slice(1) } };
    expect(textOf(await pageOf(runs))).toMatch(/in the mean \(supervised 52\.4 in 2 runs; FocalMix [\d.]+ to [\d.]+ in 2 runs\)/);
  });

  test("runs on other scans, or of other lengths, compare nothing", async () => {
    const mixed = { ...focalmix(0), ...judged };
    expect(textOf(await pageOf({ a: judged, b: { ...mixed, test: ["x", "y"] } }))).toContain("judged on different scans");
    const folder = join(home, "lengths");
    const [a, b] = [writeRun(join(folder, "a"), judged), writeRun(join(folder, "b"), mixed)];
    writeFileSync(join(b, "evaluation/froc.json"), JSON.stringify({ step: 3, ...judge(someMarks) }));
    const { code } = await call("report", a, b, "--out", join(folder, "r.html"));
    expect(code).toBe(0);
    expect(textOf(readFileSync(join(folder, "r.html"), "utf8"))).toContain("different numbers of steps");
  });

  test("a runaway teacher is an alarm, above the line of the figure", async () => {
    const html = await pageOf({ mixed: { ...focalmix(1.5), ...judged } });
    expect(html).toContain('<strong class="alarm">Pseudo-positives reached 1.50 a patch (above 1.2)');
    expect(html).toContain("runs away above 1.2");
  });
});

describe("runs that lack something", () => {
  test("not evaluated, and stopped early", async () => {
    const text = textOf(await pageOf({ one: { steps: [stepEvent(1), stepEvent(2)] } }));
    expect(text).toContain("2 of 4 planned steps");
    expect(text).toContain("Not evaluated yet.");
    expect(text).toContain("No run is evaluated yet");
    expect(text).not.toContain("Findings of");
    expect(text).not.toContain("pseudo-positives a patch");
  });

  test("no step yet", async () => {
    expect(textOf(await pageOf({ one: { steps: [] } }))).toContain("No step is logged yet.");
  });

  test("no marks: no CPM by the official rules, and nothing of any size", async () => {
    const html = await pageOf({ one: { marks: [], slices: [sliceOf({ kind: "miss", probability: null, mark: null })] } });
    expect(textOf(html)).toContain("No CPM: none of 3 nodules in 2 held-out scans is found");
    expect(textOf(html)).toContain("one 0.0 0 of 1 0.0 0 of 1 0.0 0 of 1");
    expect(textOf(html)).toContain("missed · 12.0 mm");
    expect(html).not.toContain("NaN");
  });

  test("a nodule that is found behind many false positives: hardly learnt", async () => {
    const far = Array.from({ length: 20 }, (_, i) => ({ ...someMarks[2]!, x: 200 + i, probability: 0.95 }));
    const text = textOf(await pageOf({ one: { marks: [...far, someMarks[0]!] } }));
    expect(text).toContain("CPM 0.0 % ; 1 of 3 nodules in 2 held-out scans found with any score. So low a CPM");
  });

  test("no nodules: no CPM", async () => {
    const html = await pageOf({ one: { marks: someMarks, nodules: [], slices: [] }, two: { ...focalmix(0), marks: someMarks } });
    expect(textOf(html)).toContain("No CPM: there is no nodule in 2 held-out scans.");
    expect(html).not.toMatch(/NaN|null/);
  });

  test("one evaluated and one not keep their colors", async () => {
    const html = await pageOf({ a: {}, b: { marks: someMarks } });
    const figure = html.slice(html.indexOf("<h2>FROC"), html.indexOf("<h2>Learning"));
    expect(figure).toContain("var(--series-1)");
    expect(figure).not.toContain("var(--series-0)");
  });
});

describe("settings", () => {
  test("differences are marked; FocalMix's settings are dashes in a supervised run", async () => {
    const html = await pageOf({ a: { config: { seed: 1 } }, b: { config: { seed: 2, method: "focalmix" } } });
    const rows = new Map([...html.matchAll(/<tr([^>]*)><th scope="row"><code>([^<]*)<\/code>(.*?)<\/tr>/gs)].map((m) => [m[2]!, m]));
    expect(rows.get("seed")![1]).toContain("differs");
    expect(rows.get("seed")![3]).toContain("<td>1</td><td>2</td>");
    expect(rows.get("loss.gamma")![1]).toBe("");
    expect(rows.get("focalmix.views")![1]).toBe("");
    expect(rows.get("focalmix.views")![3]).toContain("<td>–</td><td>4</td>");
    expect(rows.get("engine version")![3]).toContain("<td>4.22.0</td>");
    expect(rows.get("network.levels.0.anchorsMm")![3]).toContain("<td>5, 8, 13</td>");
    expect([...rows.keys()].filter((key) => key.startsWith("data"))).toEqual([]);
  });
});

describe("what is refused in one sentence", () => {
  const report = async (...runs: string[]) => {
    const out = join(home, "refused.html");
    const { code, stderr } = await call("report", ...runs, "--out", out);
    expect(existsSync(out)).toBe(false);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    return [code, stderr] as const;
  };
  const broken = (name: string, file: string, content: string): string => {
    const run = writeRun(join(home, name), { marks: someMarks });
    writeFileSync(join(run, file), content);
    return run;
  };

  test.each([
    ["not JSON", "evaluation/froc.json", "{", "is no JSON"],
    ["another shape", "evaluation/froc.json", '{"cpm":1}', "froc.json is not what a run leaves behind: step"],
    ["slices of another shape", "evaluation/slices.json", '[{"kind":"hit"}]', "0.scan"],
    ["no split", "split.json", "[]", "split.json is not what a run leaves behind: the document"],
    ["a step without a loss", "events.jsonl", '{"kind":"step","step":1}\n', "0.loss"],
    ["a log of something else", "events.jsonl", "hello\n", "line 1 of the log is not JSON"],
  ])("%s", async (name, file, content, words) => {
    const [code, stderr] = await report(broken(name.replaceAll(" ", "-"), file, content));
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test("no run, no log, the same run twice, a folder as the page", async () => {
    expect(await report(join(home, "nowhere"))).toEqual([2, expect.stringContaining("expected the folder of a run")]);
    const run = writeRun(join(home, "without-log"));
    rmSync(join(run, "events.jsonl"));
    expect(await report(run)).toEqual([2, expect.stringContaining("expected the event log of a run")]);
    const whole = writeRun(join(home, "whole"));
    expect(await report(whole, `${whole}/`)).toEqual([2, expect.stringContaining("is given twice")]);
    const { code, stderr } = await call("report", whole, "--out", home);
    expect([code, stderr]).toEqual([2, expect.stringContaining("is a folder; expected the name of a page")]);
    expect(readdirSync(home).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

test("runs of one folder name are told apart by the folder above", async () => {
  const html = await pageOf({ "seed0/run": {}, "seed1/run": {} });
  expect(html).toContain("<b>seed0/run</b>");
  expect(html).toContain("<b>seed1/run</b>");
});

test("--json gives the CPM of each run, null for one that is not evaluated", async () => {
  const [a, b] = [writeRun(join(home, "json-a"), { marks: someMarks }), writeRun(join(home, "json-b"))];
  const out = join(home, "json.html");
  const { stdout } = await call("report", a, b, "--out", out, "--json");
  expect(JSON.parse(stdout)).toEqual({
    report: out,
    runs: [
      { run: a, cpm: judge(someMarks).cpm },
      { run: b, cpm: null },
    ],
  });
});
