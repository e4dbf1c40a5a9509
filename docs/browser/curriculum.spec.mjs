import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createCurriculum } from "@gleaner/curriculum";
import { decodeHistory } from "../.vitepress/theme/live/recorded-history.js";
import { livePart, openSite, skip } from "./site.mjs";

const history = decodeHistory(JSON.parse(readFileSync(new URL("../live/digits-history.json", import.meta.url), "utf8")));

/** σ, β and T after a step as the package gives them in Node, as the page writes them. */
function rowsInNode(step, settings) {
  const curriculum = createCurriculum({ classes: history.classes, unlabeled: history.unlabeled, ...settings });
  for (let s = 0; s < step; s++) {
    const batch = (all) => all.slice(s * history.batch, (s + 1) * history.batch);
    curriculum.observe(batch(history.indices), batch(history.confidences), batch(history.predicted));
  }
  return rowsOf(curriculum, (c) => `digit ${c}`);
}

function rowsOf(curriculum, nameOf) {
  const [effects, beta, thresholds] = [curriculum.learningEffects(), curriculum.beta(), curriculum.thresholds()];
  return Array.from(effects, (effect, c) => [nameOf(c), String(effect), beta[c].toFixed(3), thresholds[c].toFixed(3)]);
}

let site;
before(async () => {
  if (!skip) site = await openSite();
});
after(() => site?.close());

test("the recorded training: every control gives what the package gives in Node", { skip }, async () => {
  const page = await site.open("live/curriculum.html");
  const live = livePart(page, "curriculum-history");
  const settings = { threshold: 0.95, warmUp: true, mapping: "convex" };
  assert.deepEqual(await live.rows(), rowsInNode(120, settings));

  await live.set("step", 40);
  assert.deepEqual(await live.rows(), rowsInNode(40, settings));
  await live.toggle("warmUp").uncheck();
  settings.warmUp = false;
  assert.deepEqual(await live.rows(), rowsInNode(40, settings));
  assert.ok(
    (await live.rows()).some((row) => row[3] === "0.950"),
    "without warm-up the best class is at τ at once",
  );
  await live.set("tau", 0.7);
  settings.threshold = 0.7;
  assert.deepEqual(await live.rows(), rowsInNode(40, settings));
  for (const mapping of ["linear", "concave"]) {
    await live.select("mapping").selectOption(mapping);
    assert.deepEqual(await live.rows(), rowsInNode(40, { ...settings, mapping }));
  }
  await live.select("class").selectOption("7");
  assert.equal(await live.part.locator("svg .live-line.live-tone-7:not(.live-faint)").count(), 2);

  // Sliders answer to keys.
  await live.slider("step").focus();
  await page.keyboard.press("ArrowRight");
  assert.deepEqual(await live.rows(), rowsInNode(41, { ...settings, mapping: "concave" }));
  assert.deepEqual(site.faults, []);
});

test("a link restores the state, bad values in it are ignored, and reset goes back", { skip }, async () => {
  const page = await site.open("live/curriculum.html#tau=0.6&step=60&mapping=linear&warmUp=perhaps&class=12&ownTau=0.8");
  const live = livePart(page, "curriculum-history");
  assert.deepEqual(await live.rows(), rowsInNode(60, { threshold: 0.6, warmUp: true, mapping: "linear" }));
  assert.equal(await livePart(page, "curriculum-own").slider("ownTau").inputValue(), "0.8");
  assert.equal(await live.select("class").inputValue(), "3");

  await live.set("step", 61);
  await page.waitForFunction(() => location.hash.includes("step=61"));
  const link = await page.evaluate(() => location.href);
  assert.match(link, /tau=0\.6/);
  assert.match(link, /ownTau=0\.8/);
  await live.button("reset").click();
  await page.waitForFunction(() => !location.hash.includes("step="));
  assert.match(await page.evaluate(() => location.hash), /ownTau=0\.8/, "a part resets its own state only");
  assert.deepEqual(site.faults, []);
});

test("playing goes to the end and stops", { skip }, async () => {
  const page = await site.open("live/curriculum.html#step=235");
  const live = livePart(page, "curriculum-history");
  await live.button("play").click();
  await page.waitForFunction(() => document.querySelector('input[name="step"]')?.value === "240");
  await page.waitForFunction(() => document.querySelector('button[name="play"]')?.textContent === "Play");
  assert.deepEqual(await live.rows(), rowsInNode(240, { threshold: 0.95, warmUp: true, mapping: "convex" }));
});

test("own confidences, drawn with keys and with a pointer, are judged as in Node", { skip }, async () => {
  const page = await site.open("live/curriculum.html");
  const live = livePart(page, "curriculum-own");
  const drawn = () =>
    live.part.locator('[role="slider"]').evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute("aria-valuenow"))));
  const inNode = (percents, settings) => {
    const curriculum = createCurriculum({ classes: 3, unlabeled: 24, ...settings });
    const [sure, classes] = [percents.map((percent) => percent / 100), percents.map((_, i) => Math.floor(i / 8))];
    curriculum.observe([...percents.keys()], sure, classes);
    const selected = curriculum.select(sure, classes);
    const names = ["cat", "dog", "owl"];
    return rowsOf(curriculum, (c) => names[c]).map((row, c) => [
      ...row,
      `${selected.slice(8 * c, 8 * c + 8).reduce((sum, one) => sum + one, 0)} of 8`,
    ]);
  };
  const settings = { threshold: 0.95, warmUp: true, mapping: "convex" };
  assert.deepEqual(await live.rows(), inNode(await drawn(), settings));

  const bars = live.part.locator('[role="slider"]');
  const before = await drawn();
  await bars.first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("PageDown");
  assert.deepEqual(await drawn(), before.with(1, before[1] - 10));
  assert.deepEqual(await live.rows(), inNode(before.with(1, before[1] - 10), settings));

  const svg = live.part.locator(".live-bars > svg");
  await svg.scrollIntoViewIfNeeded();
  const area = await svg.boundingBox();
  await page.mouse.move(area.x + area.width * 0.7, area.y + area.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width * 0.97, area.y + area.height * 0.12, { steps: 20 });
  await page.mouse.up();
  const after = await drawn();
  assert.ok(
    after.slice(16).every((value, i) => value !== before[16 + i]),
    `every owl was drawn: ${after.slice(16)}`,
  );
  assert.deepEqual(await live.rows(), inNode(after, settings));
  await live.toggle("ownWarmUp").uncheck();
  await live.set("ownTau", 0.8);
  await live.select("ownMapping").selectOption("linear");
  assert.deepEqual(await live.rows(), inNode(after, { threshold: 0.8, warmUp: false, mapping: "linear" }));

  // The link has them too.
  await page.waitForFunction(() => location.hash.includes("ownMapping=linear"));
  const again = await site.open(
    new URL(await page.evaluate(() => location.href)).pathname.slice(1) + (await page.evaluate(() => location.hash)),
  );
  assert.deepEqual(await livePart(again, "curriculum-own").rows(), await live.rows());
  assert.deepEqual(site.faults, []);
});

test("without JavaScript the preset is there", { skip }, async () => {
  const page = await site.open("live/curriculum.html", { javaScriptEnabled: false });
  const live = livePart(page, "curriculum-history");
  assert.deepEqual(await live.rows(), rowsInNode(120, { threshold: 0.95, warmUp: true, mapping: "convex" }));
  assert.ok((await live.part.locator("path.live-line").count()) >= 20);
  assert.match((await live.part.textContent()) ?? "", /controls need JavaScript/);
});
