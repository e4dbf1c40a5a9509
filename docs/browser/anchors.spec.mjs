import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { boxIou, cubeSizes, generateAnchors, matchAnchors } from "@gleaner/detector";
import { livePart, openSite, skip } from "./site.mjs";

const preset = {
  diameter: 4,
  center: [13.5, 13.5, 15.5],
  spacing: 1.5,
  size: 32,
  levels: [{ stride: 4, mm: [5, 8, 13] }],
  alignment: "symmetric",
  matching: { method: "iou", high: 0.5, low: 0.4, allowLowQuality: true },
};

/** What the package makes of a patch in Node: the counts, and the IoU of the positive anchors from the best on. */
function inNode({ diameter, center, spacing, size, levels, alignment, matching }) {
  const set = generateAnchors({
    shape: [size, size, size],
    levels: levels.map(({ stride, mm }) => ({ stride, sizes: cubeSizes(mm.map((edge) => edge / spacing)) })),
    alignment,
  });
  const radius = diameter / spacing / 2;
  const nodule = [...center.map((c) => c - radius), ...center.map((c) => c + radius)];
  const matches = matchAnchors(set.boxes, nodule, matching.method === "atss" ? { ...matching, grid: set.grid } : matching);
  const ious = Array.from({ length: set.count }, (_, a) => boxIou(set.boxes.subarray(6 * a, 6 * a + 6), nodule));
  const positives = ious.filter((_, a) => matches[a] >= 0).sort((p, q) => q - p);
  const ignored = matches.filter((match) => match === -2).length;
  return { count: set.count, ignored, best: Math.max(0, ...ious), positives };
}

async function compare(live, settings) {
  const { count, ignored, best, positives } = inNode(settings);
  const said = /^(\d+) of (\d+) anchors (?:is|are) positive and (\d+) ignored; the best IoU is (\d\.\d{3})\./.exec(await live.summary());
  assert.ok(said, await live.summary());
  assert.deepEqual(said.slice(1), [positives.length, count, ignored, best.toFixed(3)].map(String));
  assert.deepEqual(
    (await live.rows()).map((row) => row[5]),
    positives.slice(0, 24).map((iou) => iou.toFixed(3)),
  );
}

let site;
before(async () => {
  if (!skip) site = await openSite();
});
after(() => site?.close());

test("nodule, patch and levels: every control gives what the package gives in Node", { skip }, async () => {
  const page = await site.open("live/anchors.html");
  const live = livePart(page, "anchors");
  const settings = structuredClone(preset);
  await compare(live, settings);
  await live.set("diameter", 9);
  settings.diameter = 9;
  await compare(live, settings);
  for (const [axis, value] of [
    ["z", 10],
    ["y", 11.5],
    ["x", 13],
  ]) {
    await live.set(axis, value);
    settings.center[["z", "y", "x"].indexOf(axis)] = value;
    await compare(live, settings);
  }
  await live.slider("x").focus();
  await page.keyboard.press("ArrowRight");
  settings.center[2] = 13.5;
  await compare(live, settings);

  await live.part.locator("summary").click();
  await live.select("size").selectOption("48");
  settings.size = 48;
  await live.set("spacing", 1.2);
  settings.spacing = 1.2;
  await compare(live, settings);
  await live.select("stride2").selectOption("8");
  settings.levels.push({ stride: 8, mm: [10, 12.6, 16] });
  await compare(live, settings);
  await live.select("stride3").selectOption("16");
  settings.levels.push({ stride: 16, mm: [20, 25.2, 32] });
  await live.select("stride1").selectOption("8");
  settings.levels[0].stride = 8;
  await compare(live, settings);
  for (const [i, text] of ["4, 6.5", "9", "18 40"].entries()) {
    await live.part.locator(`input[name="sizes${i + 1}"]`).fill(text);
    settings.levels[i].mm = text.split(/[ ,]+/).map(Number);
    await compare(live, settings);
  }
  await live.select("alignment").selectOption("corner");
  settings.alignment = "corner";
  await compare(live, settings);
  // A bad list says so and changes nothing.
  const sizes = live.part.locator('input[name="sizes1"]');
  await sizes.fill("4 much");
  assert.match((await live.part.locator(".live-fault").first().textContent()) ?? "", /no number; expected 1 to 100/);
  assert.equal(await sizes.getAttribute("aria-invalid"), "true");
  await compare(live, settings);
  await live.button("reset").click();
  assert.equal(await sizes.inputValue(), "5 8 13");
  await compare(live, preset);
  assert.deepEqual(site.faults, []);
});

test("the three ways of matching: every control gives what the package gives in Node", { skip }, async () => {
  const page = await site.open("live/anchors.html#diameter=9&z=12&y=14&x=14.5");
  const live = livePart(page, "anchors");
  const nodule = { ...preset, diameter: 9, center: [12, 14, 14.5] };
  const check = (matching) => compare(live, { ...nodule, matching });
  await live.set("high", 0.3);
  await live.set("low", 0.1);
  await check({ method: "iou", high: 0.3, low: 0.1, allowLowQuality: true });
  await live.set("high", 0.9);
  await live.toggle("lowQuality").uncheck();
  await check({ method: "iou", high: 0.9, low: 0.1, allowLowQuality: false });
  assert.match(await live.summary(), /in training it is background/);

  await live.select("method").selectOption("atss");
  await check({ method: "atss" });
  await live.set("candidates", 9);
  await check({ method: "atss", candidates: 9 });
  await live.toggle("centerInside").check();
  await check({ method: "atss", candidates: 9, centerInside: true });

  await live.select("method").selectOption("center");
  const matching = { method: "center" };
  await check(matching);
  for (const [name, value] of [
    ["positiveRadius", 1.5],
    ["minPositiveVoxels", 6],
    ["ignoredRadius", 2.5],
    ["minIgnoredVoxels", 9],
  ]) {
    await live.set(name, value);
    matching[name] = value;
    await check(matching);
  }
  await live.select("ignoredSizes").selectOption("own");
  await check({ ...matching, ignoredSizes: "own" });
  assert.deepEqual(site.faults, []);
});

test("the stories are a button each", { skip }, async () => {
  const page = await site.open("live/anchors.html");
  const live = livePart(page, "anchors");
  await live.button("lost").click();
  await compare(live, { ...preset, matching: { method: "iou", high: 0.5, low: 0.4, allowLowQuality: false } });
  assert.deepEqual(await live.rows(), []);
  await live.button("atss").click();
  await compare(live, { ...preset, matching: { method: "atss" } });
  assert.match(await live.summary(), /ATSS takes 12 candidates and asks for an IoU of 0\.102\./);
  await live.button("center").click();
  await compare(live, { ...preset, matching: { method: "center" } });
  await live.button("border").click();
  await compare(live, { ...preset, diameter: 12, center: [0, 13.5, 13.5] });
  await live.button("pyramid").click();
  const levels = [
    { stride: 4, mm: [5, 6.3, 8] },
    { stride: 8, mm: [10, 12.6, 16] },
    { stride: 16, mm: [20, 25.2, 32] },
  ];
  await compare(live, { ...preset, size: 64, levels, diameter: 20, center: [30, 31, 33], matching: { method: "atss" } });
  await page.waitForFunction(() => location.hash.includes("stride3=16"));
});

test("slices show the anchors that they cut", { skip }, async () => {
  const page = await site.open("live/anchors.html#method=center");
  const live = livePart(page, "anchors");
  const rectangles = (fate) => live.part.locator(`.live-slice [data-fate="${fate}"]`).count();
  // Both positive anchors lie beside the nodule along x: two squares in the axial plane and two in the coronal one. The sagittal one is 2 voxels
  // from both centers and cuts neither of 3.3 voxels; seen from there one lies on the other.
  assert.equal(await rectangles("positive"), 4);
  assert.equal(await rectangles("beside"), 1);
  await live.select("view").selectOption("patch");
  assert.equal(await live.part.locator(".live-slice svg").first().getAttribute("viewBox"), "-3.5 -3.5 38 38");
  assert.equal(await rectangles("positive"), 4);
});

test("a link restores the state and bad values in it are ignored", { skip }, async () => {
  const page = await site.open("live/anchors.html#diameter=7&x=99&method=guess&sizes1=6~9&spacing=1");
  await compare(livePart(page, "anchors"), { ...preset, diameter: 7, spacing: 1, levels: [{ stride: 4, mm: [6, 9] }] });
});

test("without JavaScript the preset is there", { skip }, async () => {
  const page = await site.open("live/anchors.html", { javaScriptEnabled: false });
  const live = livePart(page, "anchors");
  await compare(live, preset);
  assert.equal(await live.part.locator(".live-slice circle").count(), 3);
});

test("a phone shows the page without scrolling sideways", { skip }, async () => {
  const page = await site.open("live/anchors.html", { viewport: { width: 360, height: 740 } });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
});
