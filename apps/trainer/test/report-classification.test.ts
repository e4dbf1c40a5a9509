import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { call } from "./helpers.js";
import { curriculum, type FakeClassifierRun, look, rateEvent, someConfusion, writeClassifierRun } from "./report-classifiers.js";
import { writeRun } from "./report-runs.js";

const home = mkdtempSync(join(tmpdir(), "gleaner-report-classification-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let last = 0;
/** The page about some runs; each gets its name as its folder. */
async function pageOf(runs: Record<string, FakeClassifierRun>): Promise<string> {
  const folder = join(home, String(last++));
  const out = join(folder, "report.html");
  const folders = Object.entries(runs).map(([name, run]) => writeClassifierRun(join(folder, name), run));
  const { code, stderr } = await call("report", ...folders, "--out", out);
  expect([code, stderr]).toEqual([0, ""]);
  return readFileSync(out, "utf8");
}

const textOf = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>/gs, "")
    .replace(/<\/?(b|strong|code|span)\b[^>]*>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
const picturesOf = (html: string): string[] =>
  [...html.matchAll(/<svg[^>]*>/g)].map((match) => match[0]).filter((svg) => !svg.includes('aria-hidden="true"'));
const cellsOf = (row: string): string[] => [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map((match) => match[1]!.replace(/<[^>]*>/g, ""));
const rowsOf = (html: string, caption: string): Map<string, string[]> => {
  const table = html.slice(html.indexOf(`<figcaption>${caption}`));
  const body = /<tbody>(.*?)<\/tbody>/s.exec(table)![1]!;
  return new Map([...body.matchAll(/<tr><th scope="row">(.*?)<\/th>(.*?)<\/tr>/gs)].map((row) => [row[1]!, cellsOf(row[2]!)]));
};

/** A matrix with so many of 50 test images wrong. */
const wrong = (images: number): number[][] => [
  [20, 0],
  [images, 30 - images],
];
const method = (name: string, confusion: readonly (readonly number[])[], more: FakeClassifierRun & { seed?: number } = {}) => {
  const { seed = 0, config, split, ...rest } = more;
  return {
    confusion,
    events: [rateEvent(4)],
    ...rest,
    config: { method: name, seed, ...config },
    split: { labeled: [seed, 21, 22, 23], ...split },
  };
};
/** Two classes that reach τ at steps 2 and 3; the first of them has the full threshold at step 4. */
const flexmatch: FakeClassifierRun = {
  config: { method: "flexmatch" },
  confusion: someConfusion,
  events: [
    ...[1, 2, 3, 4].flatMap((step) => [rateEvent(step, { maskRate: 1 - step / 10 }), look(step, 0.5 - step / 20)]),
    curriculum(1, [0, 0], [0, 0]),
    curriculum(2, [40, 0], [0.2, 0]),
    curriculum(3, [70, 5], [0.6, 0.1]),
    // As it is logged with a threshold of 32 bits.
    curriculum(4, [90, 12], [Math.fround(0.95), 0.3]),
  ],
};

describe("the page", () => {
  test("stands alone: no script, nothing loaded, no path of a machine", async () => {
    const html = await pageOf({ flexmatch, supervised: { confusion: someConfusion } });
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).not.toMatch(/<script|<link|<iframe|<object|@import|url\(\s*["']?(?!#)|\b(src|href)=/i);
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    for (const path of ["/home/somebody", home]) expect(html).not.toContain(path);
    expect(html).not.toMatch(/NaN|undefined|\[object|Infinity/);
  });

  test("has a row of errors for each run, worked out by hand", async () => {
    const html = await pageOf({ one: { confusion: someConfusion, areaUnderRoc: 0.9125 }, two: {} });
    const rows = rowsOf(html, "Errors on the test images in %.");
    // 8 of 50 wrong; looks 45, 40, 35, 30; F1 36/44 and 48/56; recall 18/20 and 24/30; 4 steps of half a second.
    expect(rows.get("one")).toEqual(["16.0", "30.0", "37.5", "–", "83.8", "85.0", "0.912", "2 s"]);
    // Without `gleaner evaluate` the last look says it: its F1 is 0.7, its recalls 1 and 0.5.
    expect(rows.get("two")).toEqual(["30.0", "30.0", "37.5", "–", "70.0", "75.0", "–", "2 s"]);
    expect(textOf(html)).toContain("area under the ROC");
    expect(textOf(await pageOf({ one: { confusion: someConfusion } }))).not.toContain("area under the ROC");
  });

  test("has the recall of each class side by side, and what classes were taken for", async () => {
    const html = await pageOf({ one: { confusion: someConfusion }, two: { confusion: wrong(15) } });
    expect(rowsOf(html, "Recall of each class")).toEqual(
      new Map([
        ["cat", ["90.0", "100.0"]],
        ["dog", ["80.0", "50.0"]],
      ]),
    );
    expect(rowsOf(html, "one, step 4: what 50 test images were taken for").get("dog")).toEqual(["6", "24", "80.0"]);
    expect(rowsOf(html, "two, step 4").get("cat")).toEqual(["20", "·", "100.0"]);
    expect(html).toContain('<td style="--part:0.200">6</td><td class="right" style="--part:0.800">24</td>');
    expect(textOf(html)).toContain(
      "Most often taken for another: “dog” for “cat” (6 images, 20.0 %) and “cat” for “dog” (2 images, 10.0 %).",
    );
  });

  test("draws errors; what was used, was confident and right; thresholds and learning effects with the names of classes", async () => {
    const html = await pageOf({ flexmatch, supervised: { confusion: someConfusion } });
    const pictures = picturesOf(html);
    expect(pictures).toHaveLength(1 + 3 + 2);
    for (const svg of pictures) expect(svg).toMatch(/role="img".* aria-label="[^"]+"/);
    expect(pictures[0]).toContain('aria-label="Error over the steps. flexmatch: 30.0&#160;% at the end.'.replace("&#160;", "\u00a0"));
    const section = html.slice(html.indexOf("<h2>Curriculum"), html.indexOf("<h2>Classes"));
    expect(section.match(/<\/svg> cat<\/span>.*<\/svg> dog<\/span>/g)).toHaveLength(2);
    expect(section).toContain("τ = 0.95");
    const text = textOf(html);
    expect(text).toContain("Used: the share that was trained on (the mask rate;");
    expect(text).toContain("Confident: the share that reached the fixed threshold τ (0.95). Flex methods count these images to set T");
    expect(text).not.toContain("The other methods use just these.");
    expect(textOf(await pageOf({ flexmatch, other: { config: { method: "pl" } } }))).toContain("The other methods use just these.");
    expect(picturesOf(await pageOf({ supervised: { confusion: someConfusion } }))).toHaveLength(1);
  });

  test("keeps to five of many classes, and to the pairs that are confused most", async () => {
    const classNames = Array.from({ length: 24 }, (_, c) => (c === 7 ? "a class of a very long name" : `kind ${c}`));
    const learnt = classNames.map((_, c) => 24 - c);
    const html = await pageOf({
      many: {
        classNames,
        config: { method: "flexmatch" },
        split: { labeled: classNames.map((_, c) => c) },
        confusion: classNames.map((_, t) => classNames.map((_, p) => (p === t ? 50 - t : p === (t + 1) % 24 ? t : 0))),
        events: [
          rateEvent(4),
          curriculum(
            4,
            learnt,
            learnt.map((n) => n / 30),
          ),
        ],
      },
    });
    const section = html.slice(html.indexOf("<h2>Curriculum"), html.indexOf("<h2>Classes"));
    for (const shown of [19, 20, 21, 22, 23]) expect(section).toContain(`kind ${shown}</span>`);
    expect(section).not.toContain("kind 18</span>");
    expect(textOf(section)).toContain("The 5 classes that are hardest at the end; the thick line is the median of all 24");
    const recalls = rowsOf(html, "Recall of each class in %: the 20 hardest of 24 classes");
    expect([...recalls.keys()][0]).toBe("kind 23");
    expect(recalls.get("kind 23")).toEqual(["54.0"]);
    expect(recalls.size).toBe(20);
    const pairs = rowsOf(html, "The classes that many took most often for another");
    expect(pairs.size).toBe(10);
    expect(pairs.get("kind 23")).toEqual(["kind 0", "23", "46.0"]);
    expect(html).toContain('<abbr title="a class of a very long name">a class of a very l…</abbr>');
  });

  test("escapes what files say", async () => {
    const evil = `<b onload="x">'&`;
    const run = {
      ...flexmatch,
      classNames: [evil, "dog"],
      environment: { engine: evil, version: evil, device: evil },
      split: { classes: 2 },
    };
    const html = await pageOf({ [`<i>"&run`]: run });
    expect(html).not.toContain("<b onload");
    expect(html).not.toContain("<i>");
    expect(html).toContain("<b>&lt;i&gt;&quot;&amp;run</b>");
    expect(html).toContain("&lt;b onload=&quot;x&quot;&gt;&#39;&amp;");
  });

  test("a run that is not evaluated has the names of classes from one of the same images", async () => {
    const html = await pageOf({ one: { confusion: someConfusion }, two: {} });
    expect(rowsOf(html, "Recall of each class").get("dog")).toEqual(["80.0", "50.0"]);
    expect(rowsOf(await pageOf({ two: {} }), "Recall of each class").get("1")).toEqual(["50.0"]);
  });
});

describe("who is ahead", () => {
  test("with one seed, and a difference that the test images alone could make", async () => {
    const text = textOf(
      await pageOf({ a: method("fixmatch", wrong(10)), b: method("flexmatch", wrong(5)), c: method("supervised", wrong(25)) }),
    );
    expect(text).toContain(
      "By the test error: FlexMatch is ahead, 10.0 points below FixMatch (FlexMatch 10.0 %, FixMatch 20.0 %, supervised training 50.0 %).",
    );
    // 2 · √((0.1 · 0.9 + 0.2 · 0.8) / 50)
    expect(text).toContain("Of 50 test images so small a difference (below 14.1 points) may be chance");
    expect(text).toContain("One seed proves little");
    const far = textOf(await pageOf({ a: method("fixmatch", wrong(25)), b: method("flexmatch", wrong(5)) }));
    expect(far).toContain("40.0 points below FixMatch");
    expect(far).not.toContain("may be chance");
  });

  test("with several seeds, as far as they agree", async () => {
    const seeds = (errors: [number, number][]): Record<string, FakeClassifierRun> =>
      Object.fromEntries(
        errors.flatMap(([flex, fix], seed) => [
          [`flex${seed}`, method("flexmatch", wrong(flex), { seed })],
          [`fix${seed}`, method("fixmatch", wrong(fix), { seed })],
        ]),
      );
    const agreed: [number, number][] = [
      [1, 9],
      [2, 7],
      [3, 11],
    ];
    const three = textOf(await pageOf(seeds(agreed)));
    expect(three).toContain("in the mean over 3 seeds: FlexMatch is ahead, 14.0 points below FixMatch (FlexMatch 4.0 %, FixMatch 18.0 %)");
    expect(three).toContain("ahead in all 3 seeds; of two equally good ones, one would win them all in 1 of 4 cases: a hint, not a proof");
    expect(textOf(await pageOf(seeds([...agreed, [1, 2], [0, 1]])))).toContain("in 1 of 16 cases: more than chance");
    expect(textOf(await pageOf(seeds([...agreed, [2, 1]])))).toContain("FlexMatch is ahead in 3 of 4 seeds, so this is no evidence.");
    // A seed with equal errors is nobody's.
    expect(textOf(await pageOf(seeds([...agreed, [2, 2]])))).toContain("FlexMatch is ahead in 3 of 4 seeds, so this is no evidence.");
  });

  test("nobody in one run, which proves little", async () => {
    const text = textOf(await pageOf({ a: method("uda", wrong(5)) }));
    expect(text).toContain("This is one run. One seed proves little");
    expect(textOf(await pageOf({ a: method("full", wrong(5), { split: { labeled: [] } }) }))).not.toContain("seed proves");
  });

  test("nobody with the same error", async () => {
    const text = textOf(await pageOf({ a: method("fixmatch", wrong(5)), b: method("uda", wrong(5)) }));
    expect(text).toContain("FixMatch and UDA have the same error");
  });

  test("by the weights that validation chose, where all runs have them", async () => {
    const chosen = { selected: wrong(3), events: [rateEvent(4), look(2, 0.1, { on: "validation", images: 20 })] };
    const [a, b] = [method("fixmatch", wrong(10), { ...chosen, selected: wrong(1) }), method("flexmatch", wrong(5), chosen)];
    const text = textOf(await pageOf({ a, b }));
    expect(text).toContain("each with the weights that validation chose: FixMatch is ahead, 4.0 points below FlexMatch");
    expect(text).toContain("Lowest error on 20 validation images: 10.0 %, at step 2; the weights it chose have 2.0 % on the test images.");
  });

  test("settings that differ within a method are named; repetitions are a spread", async () => {
    const linear = method("flexmatch", wrong(2), { config: { semi: { mapping: "linear" } } });
    const two = textOf(await pageOf({ a: linear, b: method("flexmatch", wrong(4)) }));
    expect(two).toContain("FlexMatch (semi.mapping linear) is ahead, 4.0 points below FlexMatch (semi.mapping convex)");
    const same = textOf(await pageOf({ a: method("uda", wrong(2)), b: method("uda", wrong(4), { seed: 1 }) }));
    expect(same).toContain("UDA has a test error of 6.0 % in the mean over 2 runs of the same settings, from 4.0 to 8.0 %.");
  });

  test("training with all labels is the floor, no competitor", async () => {
    const full = method("full", wrong(1), { split: { labeled: [] } });
    const text = textOf(await pageOf({ a: method("uda", wrong(3)), b: method("pl", wrong(9)), c: full }));
    expect(text).toContain("UDA is ahead, 12.0 points below pseudo-labeling (UDA 6.0 %, pseudo-labeling 18.0 %)");
    expect(text).toContain("With all labels the error is 2.0 %.");
    expect(text).toContain("Training with all labels, 4 steps on 150 images in 2 s on wasm 4.22.0 (CPU).");
  });

  test.each<[string, FakeClassifierRun, string]>([
    ["other images", method("uda", wrong(3), { split: { checksum: "00000000" } }), "The runs are of different images"],
    ["another number of labels", method("uda", wrong(3), { split: { labeled: [1, 2] } }), "different numbers of labels"],
    ["another seed", method("uda", wrong(3), { seed: 5 }), "No seed with the same labeled and test images is common to all"],
  ])("nothing to say: %s", async (_, run, words) => {
    const text = textOf(await pageOf({ a: method("pl", wrong(9)), b: run }));
    expect(text).toContain(words);
    expect(text).not.toContain("is ahead");
  });

  test("nothing to say: another number of steps", async () => {
    const longer = { config: { method: "uda" }, split: { labeled: [0, 21, 22, 23] }, events: [rateEvent(8), look(8, 0.1)] };
    expect(textOf(await pageOf({ a: method("pl", wrong(9)), b: longer }))).toContain("judged after different numbers of steps");
  });
});

describe("the words of a run", () => {
  test("what it was, the last error and the best one, which the test images chose", async () => {
    const text = textOf(await pageOf({ one: { confusion: someConfusion } }));
    expect(text).toContain(
      "one: Error 16.0 % on 50 test images at the end, 30.0 % at best (step 4) of 4 looks at them. Supervised training, 4 steps on 4 labeled images (2 of each class) in 2 s on wasm 4.22.0 (CPU).",
    );
    expect(text).toContain("The best error is chosen on the test images themselves, as the papers report it (protocol: paper)");
  });

  test("looks at validation images: no warning; errors of two kinds are told apart", async () => {
    const careful: FakeClassifierRun = {
      config: { evaluation: { protocol: "validation" } },
      confusion: someConfusion,
      selected: wrong(10),
      events: [rateEvent(4), look(2, 0.1, { on: "validation", images: 20 }), look(4, 0.2, { on: "validation", images: 20 })],
    };
    const html = await pageOf({ careful });
    expect(textOf(html)).not.toContain("chosen on the test images");
    expect(rowsOf(html, "Errors on the test images in %; in parentheses on the validation images").get("careful")!.slice(0, 4)).toEqual([
      "16.0",
      "(10.0)",
      "(15.0)",
      "20.0",
    ]);
    expect(textOf(html)).toContain("Lines are errors on the validation images");
    expect(html.slice(html.indexOf("<h2>Error"), html.indexOf("<h2>Classes")).match(/<circle/g)).toHaveLength(2);
    const both = textOf(await pageOf({ careful, quick: {} }));
    expect(both).toContain("on the test images (quick) and on the validation images (careful)");
    expect(both).toContain("The best error of quick is chosen on the test images themselves");
  });

  test("the curriculum: when every class had confident images, who was last, who is hardest", async () => {
    const text = textOf(await pageOf({ flexmatch }));
    expect(text).toContain("Images of every class had reached the fixed threshold τ = 0.95 by step 3, “dog” last.");
    expect(text).toContain("The first class had the full flexible threshold at step 4.");
    expect(text).toContain("Hardest at the end is “dog”: flexible threshold 0.30, 12 images counted for it.");
    const never = { ...flexmatch, events: [rateEvent(4), curriculum(4, [9, 0], [0.4, 0])] };
    const words = textOf(await pageOf({ never }));
    expect(words).toContain("In “dog” no image reached the fixed threshold τ = 0.95. Warm-up never ended:");
    const cold = { ...never, config: { method: "flexmatch", semi: { warmUp: false } } };
    expect(textOf(await pageOf({ cold }))).toContain("No class had the full flexible threshold.");
    expect(textOf(await pageOf({ cold: { ...flexmatch, events: [curriculum(1, [0, 0], [0, 0])] } }))).toContain(
      "No image reached the fixed",
    );
  });

  test("pseudo-labels: what was used beside what was confident, and an alarm when they get worse", async () => {
    const run = (accuracies: (number | null)[]): FakeClassifierRun => ({
      config: { method: "fixmatch" },
      events: accuracies.map((pseudoLabelAccuracy, i) => rateEvent(i + 1, { pseudoLabelAccuracy, maskRate: 0.4, confidentRate: 0.3 })),
    });
    const fallen = textOf(await pageOf({ one: run([0.8, 0.95, 0.9, 0.85]) }));
    expect(fallen).toContain(
      "used 40.0 % of the unlabeled images (30.0 % reached τ = 0.95), and 85.0 % of their pseudo-labels were right.",
    );
    expect(fallen).toContain("Pseudo-label accuracy fell from 95.0 % (step 2) to 85.0 %");
    expect(textOf(await pageOf({ one: run([0.8, 0.89, 0.85]) }))).not.toContain("accuracy fell");
    const unknown = await pageOf({ one: run([null, null]) });
    expect(textOf(unknown)).toContain("(30.0 % reached τ = 0.95).");
    expect(picturesOf(unknown)).toHaveLength(2);
  });

  test("a pool that the split leaves out is all images but those of the validation", async () => {
    const run = { config: { method: "pl" }, split: { unlabeled: undefined, validation: [7, 8, 9] } };
    expect(textOf(await pageOf({ run }))).toContain("on 4 labeled images (2 of each class) and 197 without labels");
  });

  test("a class that is never predicted is an alarm", async () => {
    const html = await pageOf({ one: { confusion: wrong(30) } });
    expect(html).toContain('<strong class="alarm">It takes no test image for “dog”.</strong>');
    expect(await pageOf({ one: { confusion: someConfusion } })).not.toContain("It takes no test image");
  });
});

describe("runs that lack something", () => {
  test("no step yet", async () => {
    const text = textOf(await pageOf({ one: { config: { method: "flexmatch" }, events: [] } }));
    expect(text).toContain("one: Not evaluated yet; gleaner evaluate RUN does it. FlexMatch, 0 of 4 planned steps on 4 labeled images");
    expect(text).toContain("No image was judged yet");
    expect(text).toContain("No step is logged yet.");
    expect(text).not.toMatch(/Curriculum|Confusion|NaN/);
  });

  test("neither evaluated nor looked at: steps alone", async () => {
    const html = await pageOf({ one: { config: { method: "uda" }, events: [rateEvent(1), rateEvent(2)] } });
    expect(picturesOf(html)).toHaveLength(3);
    expect(textOf(html)).toContain("2 of 4 planned steps");
    expect(textOf(html)).toContain("fixed threshold τ (0.8)");
  });

  test("evaluated without a look: errors, but no curve", async () => {
    const html = await pageOf({ one: { events: [rateEvent(4)], confusion: someConfusion } });
    expect(picturesOf(html)).toHaveLength(0);
    expect(rowsOf(html, "Errors on the test images").get("one")!.slice(0, 4)).toEqual(["16.0", "–", "–", "–"]);
  });

  test("looked at after it was evaluated: the later error counts", async () => {
    const html = await pageOf({ one: { confusion: someConfusion, events: [rateEvent(8), look(8, 0.1)] } });
    const text = textOf(html);
    expect(text).toContain("Error 10.0 % on 50 test images at the end");
    expect(text).toContain("Evaluated at step 4, before it went on; gleaner evaluate RUN does it anew.");
    expect(text).toContain("Not known of the last weights");
  });

  test("a class without test images has no recall", async () => {
    const html = await pageOf({
      one: {
        confusion: [
          [9, 1],
          [0, 0],
        ],
      },
    });
    expect(rowsOf(html, "Recall of each class").get("dog")).toEqual(["–"]);
    expect(rowsOf(html, "one, step 4").get("dog")).toEqual(["·", "·", "–"]);
    expect(textOf(html)).not.toContain("It takes no test image");
  });
});

describe("settings", () => {
  test("differences are marked; what a method does not look at is a dash", async () => {
    const html = await pageOf({ a: { config: { seed: 1 } }, b: { config: { seed: 2, method: "flexmatch" } } });
    const rows = new Map([...html.matchAll(/<tr([^>]*)><th scope="row"><code>([^<]*)<\/code>(.*?)<\/tr>/gs)].map((m) => [m[2]!, m]));
    expect(rows.get("seed")![1]).toContain("differs");
    expect(rows.get("seed")![3]).toContain("<td>1</td><td>2</td>");
    expect(rows.get("semi.mapping")![3]).toContain("<td>–</td><td>convex</td>");
    expect(rows.get("data.set")![3]).toContain("<td>pets</td><td>pets</td>");
    expect(rows.get("images.labels of each class")![3]).toContain("<td>2</td><td>2</td>");
    expect(rows.get("images.without labels")![3]).toContain("<td>–</td><td>150</td>");
    expect(rows.get("images.test")![3]).toContain("<td>50</td><td>50</td>");
    for (const absent of ["task", "data.path", "network.widen", "semi.tsa", "semi.rampFraction"]) expect(rows.has(absent)).toBe(false);
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

  test.each([
    ["not JSON", "evaluation/classification.json", "{", "is no JSON"],
    ["another shape", "evaluation/classification.json", '{"last":{}}', "classification.json is not what a run leaves behind: classNames"],
    [
      "another number of classes",
      "evaluation/classification.json",
      '{"classNames":["a","b"],"last":{"step":4,"confusion":[[1]]}}',
      "last.confusion",
    ],
    ["no split", "split.json", "[]", "split.json is not what a run leaves behind: the document"],
    [
      "a step without its seconds",
      "events.jsonl",
      '{"kind":"step","step":1,"maskRate":1,"confidentRate":1,"pseudoLabelAccuracy":1}\n',
      "0.seconds",
    ],
    ["a share above 1", "events.jsonl", `${JSON.stringify(look(1, 1.5))}\n`, "0.error"],
    ["a look at another number of classes", "events.jsonl", `${JSON.stringify(look(1, 0.5, { recall: [1] }))}\n`, "0.recall"],
    ["a curriculum of more classes", "events.jsonl", `${JSON.stringify(curriculum(1, [1, 2, 3], [0, 0, 0]))}\n`, "0.learningEffects"],
    ["a log of something else", "events.jsonl", "hello\n", "line 1 of the log is not JSON"],
    ["settings that are none", "config.json", '{"task":"classification","methd":"pl"}', "methd is no setting"],
  ])("%s", async (name, file, content, words) => {
    const run = writeClassifierRun(join(home, name.replaceAll(" ", "-")), { confusion: someConfusion });
    writeFileSync(join(run, file), content);
    expect(await report(run)).toEqual([2, expect.stringContaining(words)]);
  });

  test("runs of two tasks", async () => {
    const [a, b] = [writeClassifierRun(join(home, "images")), writeRun(join(home, "scans"))];
    expect(await report(a, b)).toEqual([
      2,
      expect.stringContaining(`${b} is a run of detection and ${a} one of classification; expected runs of one task in a report`),
    ]);
  });

  test("no log, the same run twice", async () => {
    const run = writeClassifierRun(join(home, "twice"));
    expect(await report(run, `${run}/`)).toEqual([2, expect.stringContaining("is given twice")]);
    rmSync(join(run, "events.jsonl"));
    expect(await report(run)).toEqual([2, expect.stringContaining("expected the event log of a run")]);
  });
});

test("--json gives the last test error of each run, null for one that has none", async () => {
  const a = writeClassifierRun(join(home, "json-a"), { confusion: someConfusion });
  const b = writeClassifierRun(join(home, "json-b"), { events: [rateEvent(4), look(4, 0.2, { on: "validation" })] });
  const out = join(home, "json.html");
  const { stdout } = await call("report", a, b, "--out", out, "--json");
  const { report, runs } = JSON.parse(stdout);
  expect(report).toBe(out);
  expect(runs).toEqual([
    { run: a, error: expect.closeTo(0.16, 12) },
    { run: b, error: null },
  ]);
});
