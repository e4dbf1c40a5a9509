import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import "@tensorflow/tfjs-backend-cpu";
import { applyObjectMix, drawMixUpLambda, drawObjectMix, mixUp } from "@gleaner/augment";
import { anchorTargets, cubeSizes, generateAnchors, matchAnchors } from "@gleaner/detector";
import { createRandom } from "@gleaner/training";
import { createVolume, formatNifti } from "@gleaner/volumes";
import * as tf from "@tensorflow/tfjs-core";
import { generatePhantom } from "../../apps/trainer/src/phantom/generate.js";
import { presetsOf } from "../.vitepress/theme/live/linked-state.js";
import { mixUpSchema } from "../.vitepress/theme/live/mixup-settings.js";
import { grayOf } from "./gray.mjs";
import { eventually, livePart, numberOf, openSite, ready, skip } from "./site.mjs";

const edge = 32;
const preset = presetsOf(mixUpSchema);
const { boxes: anchors } = generateAnchors({
  shape: [edge, edge, edge],
  levels: [{ stride: 4, sizes: cubeSizes([5 / 1.5, 8 / 1.5, 13 / 1.5]) }],
});
const phantoms = new Map();
const phantom = (seed) => {
  if (!phantoms.has(seed)) phantoms.set(seed, generatePhantom({ seed, size: [48, 64, 64] }));
  return phantoms.get(seed);
};

/** The patch around a place, in −1..1, and the boxes of the nodules whose middle is in it. */
function patchOf({ volume: { data, shape, originMm }, nodules }, place) {
  const start = place.map((at) => at - edge / 2);
  const out = new Float32Array(edge ** 3).fill(-1);
  for (let i = 0; i < out.length; i++) {
    const at = [Math.floor(i / edge ** 2), Math.floor(i / edge) % edge, i % edge].map((v, axis) => v + start[axis]);
    if (at.every((v, axis) => v >= 0 && v < shape[axis]))
      out[i] = Math.max(-1, Math.min(1, (2 * (data[(at[0] * shape[1] + at[1]) * shape[2] + at[2]] + 1000)) / 1400 - 1));
  }
  const boxes = nodules.flatMap(({ x, y, z, diameterMm }) => {
    const center = [z - originMm[2], y - originMm[1], x - originMm[0]].map((mm, axis) => mm / 1.5 - start[axis]);
    const isInside = center.every((at) => at >= -0.5 && at < edge - 0.5);
    return isInside ? [-1, 1].flatMap((side) => center.map((at) => at + (side * diameterMm) / 3)) : [];
  });
  return { data: out, boxes: Float32Array.from(boxes), shape: [edge, edge, edge] };
}

/** What the packages answer. */
function inNode(s, scans = [phantom(s.seedA), phantom(s.seedB)], own = []) {
  const patches = [patchOf(scans[0], [s.zA, s.yA, s.xA]), patchOf(scans[1], [s.zB, s.yB, s.xB])];
  for (const [i, boxes] of own.entries()) if (boxes) patches[i].boxes = boxes;
  const targets = patches.map(({ boxes }) => anchorTargets(anchors, boxes, matchAnchors(anchors, boxes, { method: "center" })));
  const lambda = s.image ? Math.max(s.lambda, 1 - s.lambda) : 1;
  const mix = (a, b) => tf.tidy(() => mixUp(tf.tensor1d(a), tf.tensor1d(b), lambda).dataSync().slice());
  const mixed = [
    { ...patches[0], data: mix(patches[0].data, patches[1].data) },
    { ...patches[1], data: mix(patches[1].data, patches[0].data) },
  ];
  const mixes = s.objects
    ? drawObjectMix(mixed, 1, createRandom(s.draw).fork("objects")).map((one) => ({ ...one, lambda: s.lambdaObjects }))
    : [];
  return {
    lambda,
    targets,
    ofMixture: mix(targets[0].targets, targets[1].targets),
    mixes,
    imageOnly: mixed[0].data,
    both: applyObjectMix(mixed, mixes),
    ignored: targets[0].weights.filter((weight, i) => weight * targets[1].weights[i] === 0).length,
  };
}

const near = (text, value, tolerance, what) =>
  assert.ok(Math.abs(numberOf(text) - value) <= tolerance, `${what}: ${text} on the page, ${value} in Node`);
const edgeOf = (box) => Math.cbrt((box[3] - box[0]) * (box[4] - box[1]) * (box[5] - box[2])) * 1.5;

const compare = (...all) => eventually(() => compareNow(...all));

async function compareNow(live, page, settings, scans, own) {
  await ready(page);
  const expected = inNode(settings, scans, own);
  const { targets, mixes } = expected;
  const rows = await live.rows(0);
  const found = [...targets[0].targets.keys()].filter((i) => targets[0].targets[i] + targets[1].targets[i] > 0);
  assert.equal(rows.length, Math.min(12, found.length));
  for (const [i, [words, ofA, ofB, mixed, counts]] of rows.entries()) {
    const [depth, row, column, mm] = words.match(/\d+/g).map(Number);
    const index = ((depth * 8 + row) * 8 + column) * 3 + [5, 8, 13].indexOf(mm);
    assert.equal(index, found[i]);
    near(ofA, targets[0].targets[index], 1e-4, words);
    near(ofB, targets[1].targets[index], 1e-4, words);
    near(mixed, expected.ofMixture[index], 1e-4, words);
    assert.equal(counts, targets[0].weights[index] * targets[1].weights[index] === 0 ? "no" : "yes");
  }
  const objects = await live.rows(1);
  assert.equal(objects.length, mixes.length);
  for (const [i, [name, size, donor, scale, lambda]] of objects.entries()) {
    const { patch, box, donorPatch, donorBox } = mixes[i];
    assert.ok(name.startsWith("AB"[patch]) && donor.startsWith("AB"[donorPatch]), `${name} ${donor}`);
    near(size.replace(/\smm$/, ""), edgeOf(box), 0.06, name);
    near(scale.replace(/^×\s/, ""), edgeOf(box) / edgeOf(donorBox), 6e-4, name);
    near(lambda, settings.lambdaObjects, 1e-4, name);
  }
  const [, own1, rest, ignored] = /λ̃ = (\S+) of A and (\S+) of B; (\d+) anchors/.exec(await live.summary());
  near(own1, expected.lambda, 6e-4, "λ̃");
  near(rest, 1 - expected.lambda, 6e-4, "1 − λ̃");
  assert.equal(Number(ignored), expected.ignored);
  // The pictures are the planes of the mixed voxels, gray value by gray value.
  const uris = await live.part
    .locator(".live-figures .live-picture image:first-child")
    .evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  const plane = 4 * settings.depth + 1;
  for (const [i, data] of [
    [2, expected.imageOnly],
    [3, expected.both[0]],
    [4, expected.both[1]],
  ]) {
    const gray = grayOf(uris[i]);
    const off = gray.reduce((most, value, at) => Math.max(most, Math.abs(value - 127.5 * (data[plane * edge ** 2 + at] + 1))), 0);
    assert.ok(off <= 1, `picture ${i} is off by ${off} of 255`);
  }
}

let site;
before(async () => {
  if (!skip) site = await openSite();
});
after(() => site?.close());

test("every control gives what the packages give in Node", { skip }, async () => {
  const page = await site.open("live/mixup.html");
  page.setDefaultTimeout(180_000);
  const live = livePart(page, "mixup");
  const settings = { ...preset };
  await compare(live, page, settings);
  const change = async (changes, act) => {
    await act();
    Object.assign(settings, changes);
    await compare(live, page, settings);
  };
  await change({ lambda: 0.2 }, () => live.set("lambda", 0.2));
  await change({ lambdaObjects: 0.75 }, () => live.set("lambdaObjects", 0.75));
  await change({ depth: 3 }, () => live.set("depth", 3));
  await change({ objects: false }, () => live.toggle("objects").uncheck());
  await change({ image: false }, () => live.toggle("image").uncheck());
  await change({ objects: true }, () => live.toggle("objects").check());
  await change({ image: true }, () => live.toggle("image").check());

  await live.set("eta", 1.5);
  settings.eta = 1.5;
  for (let draw = settings.draw + 1; draw < 4; draw++) {
    const lambda = Math.round(1000 * drawMixUpLambda(1.5, createRandom(draw).fork("image"))) / 1000;
    await change({ draw, lambda }, () => live.button("drawLambda").click());
  }
  await change({ lambda: settings.lambda + 0.001 }, async () => {
    await live.slider("lambda").focus();
    await page.keyboard.press("ArrowRight");
  });

  await live.part.locator("details").first().locator("summary").click();
  await live.part.locator("details").nth(1).locator("summary").click();
  await change({ xA: 44 }, () => live.set("xA", 44));
  await change({ zB: 21 }, () => live.set("zB", 21));
  await change({ yB: 25 }, () => live.set("yB", 25));
  await change({ seedB: 10 }, () => live.set("seedB", 10));
  await live.button("noduleB").click();
  await ready(page);
  const [zB, yB, xB] = await Promise.all(["zB", "yB", "xB"].map(async (name) => Number(await live.slider(name).inputValue())));
  await change({ zB, yB, xB }, async () => undefined);
  assert.ok(
    (await live.rows(1)).some(([name]) => name.startsWith("B")),
    "a patch around a nodule has an object",
  );
  assert.deepEqual(site.faults, []);
});

test("λ̃ is distributed as drawn, and its mean goes down as η goes up", { skip }, async () => {
  const page = await site.open("live/mixup.html#eta=0");
  const live = livePart(page, "mixup");
  const means = [];
  for (const eta of [0, 0.2, 1, 5]) {
    await live.set("eta", eta);
    await ready(page);
    means.push(Number(/mean of λ̃ is (\S+)\./.exec(await live.summary())[1]));
  }
  // ½ and the mean absolute deviation of Beta(η, η): ½ + 4^−η / (η · B(η, η)), by mpmath 1.3.
  for (const [i, mean] of [1, 0.8988, 0.75, 0.623].entries()) assert.ok(Math.abs(means[i] - mean) < 0.01, `${means[i]} beside ${mean}`);
  assert.deepEqual(site.faults, []);
});

test("a visitor's scans are read in the browser, with an object where they say one is", { skip }, async () => {
  const page = await site.open("live/mixup.html");
  page.setDefaultTimeout(180_000);
  const live = livePart(page, "mixup");
  const asked = [];
  page.on("request", (request) => asked.push(request.method()));
  const source = phantom(5);
  await live.part.locator("details").first().locator("summary").click();
  await live.part.locator('input[name="filesA"]').setInputFiles({
    name: "scan.nii",
    mimeType: "application/octet-stream",
    buffer: Buffer.from(formatNifti(createVolume(source.volume))),
  });
  await page.waitForFunction(() => document.body.textContent.includes("scan.nii: 48 × 64 × 64 voxels"));
  const settings = { ...preset, zA: 24, yA: 32, xA: 32 };
  const ball = (mm) => Float32Array.from([-1, -1, -1, 1, 1, 1], (side) => 16 + (side * mm) / 3);
  const scans = [{ ...source, nodules: [] }, phantom(preset.seedB)];
  await compare(live, page, settings, scans, [ball(8)]);
  await live.set("sizeA", 12);
  await compare(live, page, settings, scans, [ball(12)]);
  await live.set("sizeA", 0);
  await compare(live, page, settings, scans);
  await live.button("reset").click();
  await compare(live, page, preset);
  assert.ok(asked.every((method) => method === "GET"));
  assert.deepEqual(site.faults, []);
});

test("a link restores the state and bad values in it are ignored; without JavaScript the preset is there", { skip }, async () => {
  const page = await site.open("live/mixup.html#lambda=0.9&objects=0&depth=8&seedA=first");
  await compare(livePart(page, "mixup"), page, { ...preset, lambda: 0.9, objects: false });
  const still = await site.open("live/mixup.html", { javaScriptEnabled: false });
  const live = livePart(still, "mixup");
  const { targets, ofMixture } = inNode(preset);
  const found = [...ofMixture.keys()].filter((i) => targets[0].targets[i] + targets[1].targets[i] > 0);
  const rows = await live.rows(0);
  assert.equal(rows.length, found.length);
  for (const [i, row] of rows.entries()) near(row[3], ofMixture[found[i]], 1e-4, row[0]);
  assert.ok((await live.part.locator("svg image").count()) >= 9);
});

test("nothing is wider than a phone", { skip }, async () => {
  const page = await site.open("live/mixup.html", { viewport: { width: 360, height: 740 } });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
});
