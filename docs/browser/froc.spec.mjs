import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { bootstrapFroc, cpmRates, evaluateFroc, matchFindings, parseCandidates, parseFindings, parseScans } from "@gleaner/froc";
import { createRandom } from "@gleaner/training";
import { livePart, openSite, skip } from "./site.mjs";

const textOf = (name) => readFileSync(new URL(`../live/froc-example/${name}.csv`, import.meta.url), "utf8");
const example = {
  scans: parseScans(textOf("seriesuids")),
  findings: parseFindings(textOf("annotations")),
  excluded: parseFindings(textOf("annotations_excluded")),
  candidates: parseCandidates(textOf("candidates")),
};
const preset = { threshold: 0.6, rule: "official", cap: 100, exclusions: true };
const three = (value) => (Number.isNaN(value) ? "–" : value.toFixed(3));
const sum = (values) => Array.from(values).reduce((total, value) => total + value, 0);

/** What the package says in Node of a submission with the page's settings. */
function inNode(submission, { threshold, rule, cap, exclusions }) {
  const input = exclusions ? submission : { ...submission, excluded: [] };
  const official = { rule: "official", maxCandidatesPerScan: cap };
  const [byOfficial, byExact] = [evaluateFroc(input, official), evaluateFroc(input, { rule: "exact" })];
  const candidates = input.candidates.filter(({ probability }) => probability >= threshold);
  const { nodules, counts, scanIds } = matchFindings({ ...input, candidates }, rule === "exact" ? { rule } : official);
  const scans = scanIds.map((scan, i) => {
    const own = Array.from(nodules.score).filter((_, n) => nodules.scan[n] === i);
    const found = own.filter((score) => score > Number.NEGATIVE_INFINITY).length;
    return [scan, found, own.length - found, counts.falsePositives[i], counts.ignored[i], counts.duplicates[i]].map(String);
  });
  const name = (own, excl) => `official, ${own === Number.POSITIVE_INFINITY ? "no cap" : `cap of ${own}`}${excl ? "" : ", no exclusions"}`;
  const variant = (own, excl) => {
    const matches = matchFindings(excl ? submission : { ...submission, excluded: [] }, { rule: "official", maxCandidatesPerScan: own });
    const { cpm } = evaluateFroc(excl ? submission : { ...submission, excluded: [] }, { rule: "official", maxCandidatesPerScan: own });
    const totals = [matches.counts.droppedByCap, matches.counts.ignored, matches.counts.falsePositives].map((column) =>
      String(sum(column)),
    );
    return [name(own, excl), ...totals, three(cpm)];
  };
  const last = ["0", String(byExact.ignored), String(byExact.falsePositives), three(byExact.cpm)];
  return {
    rates: [
      ...cpmRates.map((rate) => [three(byOfficial.sensitivity[rate]), three(byExact.sensitivity[rate])]),
      [three(byOfficial.cpm), three(byExact.cpm)],
    ],
    variants: [
      variant(cap, exclusions),
      variant(cap, !exclusions),
      variant(cap === Number.POSITIVE_INFINITY ? 100 : Number.POSITIVE_INFINITY, exclusions),
      [exclusions ? "exact" : "exact, no exclusions", ...last],
    ],
    scans,
    found: sum(scans.map((row) => Number(row[1]))),
    falsePositives: sum(counts.falsePositives),
  };
}

async function compare(live, settings, submission = example, scans = undefined) {
  const expected = inNode(submission, settings);
  assert.deepEqual(
    (await live.rows(0)).map((row) => row.slice(1, 3)),
    expected.rates,
  );
  assert.deepEqual(await live.rows(1), expected.variants);
  assert.deepEqual(await live.rows(2), scans ? scans(expected.scans) : expected.scans);
  const said = await live.summary();
  assert.match(said, new RegExp(`: ${expected.found} of ${submission.findings.length} findings found`));
  assert.match(said, new RegExp(`with ${expected.falsePositives} false positives on ${submission.scans.length} scans`));
}

let site;
before(async () => {
  if (!skip) site = await openSite();
});
after(() => site?.close());

test("threshold, rule, cap and exclusions give what the package gives in Node", { skip }, async () => {
  const page = await site.open("live/froc.html");
  const live = livePart(page, "froc");
  await compare(live, preset);
  assert.match((await live.rows(0))[6].join(" "), /by the cap/);

  const settings = { ...preset, threshold: 0.3 };
  await live.set("threshold", 0.3);
  await compare(live, settings);
  await live.slider("threshold").focus();
  await page.keyboard.press("ArrowRight");
  settings.threshold = 0.31;
  await compare(live, settings);
  await live.select("rule").selectOption("exact");
  settings.rule = "exact";
  await compare(live, settings);
  await live.toggle("exclusions").uncheck();
  settings.exclusions = false;
  await compare(live, settings);
  await live.select("rule").selectOption("official");
  settings.rule = "official";
  for (const cap of ["25", "none"]) {
    await live.select("cap").selectOption(cap);
    await compare(live, { ...settings, cap: cap === "none" ? Number.POSITIVE_INFINITY : Number(cap) });
  }
  // Below every score all marks count, and the finding of scan-11 that the cap hid is there.
  await live.set("threshold", 0);
  await compare(live, { ...settings, cap: Number.POSITIVE_INFINITY, threshold: 0 });
  await live.select("order").selectOption("falsePositives");
  assert.equal((await live.rows(2))[0][0], "scan-11");
  assert.deepEqual(site.faults, []);
});

test("findings turn as the threshold passes their best mark", { skip }, async () => {
  const page = await site.open("live/froc.html");
  const live = livePart(page, "froc");
  // Strips only: the legend has one circle of each kind more.
  const circles = (fate) => live.part.locator(`[data-scan] circle.live-froc-${fate}`).count();
  assert.deepEqual([await circles("found"), await circles("missed")], [10, 8]);
  await live.set("threshold", 0.985);
  assert.deepEqual([await circles("found"), await circles("missed")], [0, 18]);
  await live.set("threshold", 0.98);
  assert.deepEqual([await circles("found"), await circles("missed")], [1, 17]);
});

test("the bootstrap runs beside the page and gives the package's intervals", { skip }, async () => {
  const page = await site.open("live/froc.html#rule=exact");
  const live = livePart(page, "froc");
  await live.button("bootstrap").click();
  await live.part.locator("path.live-froc-band").waitFor({ state: "attached" });
  const { lower, upper, cpm } = bootstrapFroc(example, { rule: "exact", samples: 1000, random: createRandom(1) });
  const expected = cpmRates.map((rate) => `${three(lower[rate])} to ${three(upper[rate])}`);
  assert.deepEqual(
    (await live.rows(0)).map((row) => row[4]),
    [...expected, `${three(cpm.lower)} to ${three(cpm.upper)}`],
  );
  // Another way to count is another curve.
  await live.toggle("exclusions").uncheck();
  assert.equal((await live.rows(0))[0].length, 4);
  assert.deepEqual(site.faults, []);
});

test("own files are read in the page, in any order, and a bad one is refused in a sentence", { skip }, async () => {
  const scans = Array.from({ length: 45 }, (_, i) => `1.2.840.113654.2.55.${1000 + i}`);
  const rows = scans.flatMap((scan, i) => [`${scan},${i},0,0,${1.5 + i / 10}`, `${scan},60,${i},0,-2.5`]);
  const text = {
    scans: `${scans.join("\n")}\n`,
    findings: `seriesuid,coordX,coordY,coordZ,diameter_mm\n${scans.map((scan, i) => `${scan},0,0,0,${4 + i}\n`).join("")}`,
    candidates: `seriesuid,coordX,coordY,coordZ,probability\n${rows.join("\n")}\n`,
  };
  const own = {
    scans: parseScans(text.scans),
    findings: parseFindings(text.findings),
    candidates: parseCandidates(text.candidates),
  };
  const page = await site.open("live/froc.html");
  const live = livePart(page, "froc");
  const input = live.part.locator('input[name="files"]');
  const file = (name, content) => ({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
  await input.setInputFiles([file("marks.csv.gz", gzipSync(text.candidates)), file("reference.csv", text.findings)]);
  await live.part.getByText("Still needed: the list of scans").waitFor();
  await compare(live, preset);

  await input.setInputFiles([file("seriesuids.csv", text.scans)]);
  await live.part.getByText("Your submission at").waitFor();
  // Scores reach from -2.5 to 5.9, so the slider does.
  assert.deepEqual([await live.slider("threshold").getAttribute("min"), await live.slider("threshold").getAttribute("max")], ["-3", "6"]);
  await live.set("threshold", 2);
  await compare(live, { ...preset, threshold: 2 }, own, (all) => all.slice(0, 20));
  await live.set("page", 3);
  await compare(live, { ...preset, threshold: 2 }, own, (all) => all.slice(40));
  await live.select("rule").selectOption("exact");
  await live.part.locator(':scope[data-ready="true"]').waitFor();
  await compare(live, { ...preset, rule: "exact", threshold: 2 }, own, (all) => all.slice(40));
  assert.match((await live.part.textContent()) ?? "", /outside 0\.\.1/);
  // The link has the settings, and nothing of the files.
  await page.waitForFunction(() => location.hash.includes("rule=exact"));
  const hash = await page.evaluate(() => location.hash.slice(1));
  assert.deepEqual(hash.split("&").sort(), ["page=3", "rule=exact", "threshold=2"]);

  await input.setInputFiles([file("broken.csv", "seriesuid,coordX,coordY,coordZ,probability\na,1,2,3,high\n")]);
  await live.part.getByText('broken.csv, line 2: probability is "high"; expected a number').waitFor();
  await compare(live, { ...preset, rule: "exact", threshold: 2 }, own, (all) => all.slice(40));
  await live.button("example").click();
  await live.button("reset").click();
  await compare(live, preset);

  // Dropped on the field they are read as well.
  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["id,name\n"], "dropped.csv"));
    return data;
  });
  await live.part.locator(".live-files").dispatchEvent("drop", { dataTransfer: transfer });
  await live.part.getByText('dropped.csv, line 1: the header is "id,name"; expected a column probability').waitFor();
  assert.deepEqual(site.faults, []);
});

test("a link restores the state, bad values in it are ignored, and reset goes back", { skip }, async () => {
  const page = await site.open("live/froc.html#threshold=0.4&cap=50&rule=loose&exclusions=0");
  const live = livePart(page, "froc");
  await compare(live, { threshold: 0.4, rule: "official", cap: 50, exclusions: false });
  await live.button("reset").click();
  await compare(live, preset);
});

test("without JavaScript the preset is there", { skip }, async () => {
  const page = await site.open("live/froc.html", { javaScriptEnabled: false });
  const live = livePart(page, "froc");
  await compare(live, preset);
  assert.ok((await live.part.locator("path.live-line").count()) >= 2);
});

test("a phone shows the page without scrolling sideways", { skip }, async () => {
  const page = await site.open("live/froc.html", { viewport: { width: 360, height: 740 } });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
});
