import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import "@tensorflow/tfjs-backend-cpu";
import { randomSymmetry, transformVolume } from "@gleaner/augment";
import { createPyramidDetector } from "@gleaner/detector";
import { sharpenBinary } from "@gleaner/losses";
import { averageViews } from "@gleaner/methods";
import { assignVariables, createRandom, createTensors, decodeCheckpoint, namedVariables } from "@gleaner/training";
import { createVolume, formatMetaImage, formatNrrd } from "@gleaner/volumes";
import * as tf from "@tensorflow/tfjs-core";
import { generatePhantom } from "../../apps/trainer/src/phantom/generate.js";
import { dicomFile, sliceElements } from "../../packages/volumes/test/dicom-files.js";
import { stories } from "../.vitepress/theme/live/targets-settings.js";
import { grayOf } from "./gray.mjs";
import { eventually, livePart, numberOf, openSite, ready, skip } from "./site.mjs";

const edge = 32;
const preset = stories[0].settings;

/** The same weights, on the same backend, in Node. */
function loadTeacher() {
  const detector = createPyramidDetector({ channels: [8, 16, 24], pyramidChannels: 16 });
  const { tensors } = decodeCheckpoint(readFileSync(new URL("../live/teacher.safetensors", import.meta.url)));
  assignVariables(namedVariables(detector.model), createTensors(tensors));
  return detector;
}
const teacher = skip ? undefined : loadTeacher();
const phantoms = new Map();
const phantom = (seed) => {
  if (!phantoms.has(seed)) phantoms.set(seed, generatePhantom({ seed, size: [48, 64, 64] }).volume);
  return phantoms.get(seed);
};

/** The patch around a place, in −1..1, voxel by voxel. */
function patchOf({ data, shape }, { z, y, x }) {
  const out = new Float32Array(edge ** 3).fill(-1);
  for (let i = 0; i < out.length; i++) {
    const at = [z + Math.floor(i / edge ** 2), y + (Math.floor(i / edge) % edge), x + (i % edge)].map((v) => v - edge / 2);
    if (at.every((v, axis) => v >= 0 && v < shape[axis])) {
      const hu = data[(at[0] * shape[1] + at[1]) * shape[2] + at[2]];
      out[i] = Math.max(-1, Math.min(1, (2 * (hu + 1000)) / 1400 - 1));
    }
  }
  return out;
}

const viewsOf = ({ views, kind, draw }) => {
  const random = createRandom(draw);
  const still = { axes: [0, 1, 2], flips: [false, false, false] };
  return Array.from({ length: views }, () => (kind === "none" ? still : randomSymmetry(random, { permute: kind === "cube" })));
};

/** What the network says of a view of a patch, once: the machine that tests may be slow. */
const said = new Map();
const logitsOnce = (view) => {
  const key = createHash("sha256").update(view.dataSync()).digest("hex");
  if (!said.has(key))
    said.set(
      key,
      tf.tidy(() => teacher.predict(view).logits.dataSync().slice()),
    );
  return tf.tensor3d(said.get(key), [1, said.get(key).length, 1]);
};
const predictOnce = (x) => {
  const logits = tf.concat(tf.split(x, x.shape[0], 0).map(logitsOnce), 0);
  return { logits, deltas: tf.zeros([x.shape[0], logits.shape[1], 6]) };
};

/** By the packages alone: each view through `averageViews` of one, their mean by `averageViews` of all. */
function inNode(settings, volume = phantom(settings.seed)) {
  const { grid } = teacher.anchors([edge, edge, edge]);
  return tf.tidy(() => {
    const voxels = tf.tensor5d(patchOf(volume, settings), [1, edge, edge, edge, 1]);
    const symmetries = viewsOf(settings);
    const each = symmetries.map((view) => averageViews(predictOnce, voxels, grid, [view]).dataSync().slice());
    const mean = averageViews(predictOnce, voxels, grid, symmetries);
    return { each, mean: mean.dataSync().slice(), target: sharpenBinary(mean, settings.temperature).dataSync().slice() };
  });
}

const indexOf = ({ depth, row, column, size }) => ((depth * 8 + row) * 8 + column) * 3 + size;
const near = (text, value, what) => assert.ok(Math.abs(numberOf(text) - value) <= 1e-4, `${what}: ${text} on the page, ${value} in Node`);

const compare = (...all) => eventually(() => compareNow(...all));

async function compareNow(live, page, settings, volume) {
  await ready(page);
  const { each, mean, target } = inNode(settings, volume);
  const at = indexOf(settings);
  const rows = await live.rows(0);
  assert.equal(rows.length, settings.views + 2);
  for (const [k, view] of each.entries()) near(rows[k][1], view[at], `view ${k + 1}`);
  near(rows.at(-2)[1], mean[at], "mean");
  near(rows.at(-1)[1], target[at], "target");
  // The likeliest anchors, by any order of those that are equal within the tolerance.
  const highest = [...mean].sort((a, b) => b - a);
  for (const [i, [words, low, high, average, q]] of (await live.rows(1)).entries()) {
    const [depth, row, column, mm] = words.match(/\d+/g).map(Number);
    const index = indexOf({ depth, row, column, size: [5, 8, 13].indexOf(mm) });
    near(average, highest[i], `likeliest ${i + 1}`);
    near(average, mean[index], words);
    near(low, Math.min(...each.map((view) => view[index])), words);
    near(high, Math.max(...each.map((view) => view[index])), words);
    near(q, target[index], words);
  }
}

let site;
before(async () => {
  if (!skip) site = await openSite();
});
after(() => site?.close());

test("every control gives what the packages give in Node", { skip }, async () => {
  const page = await site.open("live/targets.html");
  page.setDefaultTimeout(180_000);
  const live = livePart(page, "targets");
  const settings = { ...preset };
  await compare(live, page, settings);

  const change = async (changes, act) => {
    await act();
    Object.assign(settings, changes);
    await compare(live, page, settings);
  };
  await change({ temperature: 0.25 }, () => live.set("temperature", 0.25));
  await change({ views: 6 }, () => live.set("views", 6));
  await change({ kind: "flips" }, () => live.select("kind").selectOption("flips"));
  await change({ draw: settings.draw + 1 }, () => live.button("redraw").click());
  await change({ views: 1 }, () => live.set("views", 1));
  await change({ depth: 2 }, () => live.set("depth", 2));
  await change({ row: 6 }, () => live.set("row", 6));
  await change({ column: 1 }, () => live.set("column", 1));
  await change({ size: 2 }, () => live.select("size").selectOption("2"));
  await change({ temperature: 0.26 }, async () => {
    await live.slider("temperature").focus();
    await page.keyboard.press("ArrowRight");
  });
  const [[likeliest]] = await live.rows(1);
  const [depth, row, column, mm] = likeliest.match(/\d+/g).map(Number);
  await change({ depth, row, column, size: [5, 8, 13].indexOf(mm) }, () => live.button("likeliest").click());
  await change({ kind: "none" }, () => live.select("kind").selectOption("none"));

  // A click into the lower left quarter of the mean chooses an anchor there.
  const picture = live.part.locator(".live-pictures .live-clickable").first();
  const { width, height } = await picture.boundingBox();
  await change({ row: 6, column: 1 }, () => picture.click({ position: { x: width * 0.2, y: height * 0.8 } }));
  assert.deepEqual(site.faults, []);
});

test("the patch is where the slice was clicked, the sliders stand, or a nodule is", { skip }, async () => {
  const page = await site.open("live/targets.html#views=1&kind=none");
  page.setDefaultTimeout(180_000);
  const live = livePart(page, "targets");
  const settings = { ...preset, views: 1, kind: "none" };
  await live.part.locator("summary").last().click();
  const slice = live.part.locator(".live-scan .live-clickable");
  const { width, height } = await slice.boundingBox();
  await slice.click({ position: { x: (width * 20.5) / 64, y: (height * 40.5) / 64 } });
  Object.assign(settings, { y: 40, x: 20 });
  await compare(live, page, settings);
  // Partly outside of the scan, where there is air.
  await live.set("z", 5);
  await compare(live, page, { ...settings, z: 5 });
  await live.set("seed", 2);
  await compare(live, page, { ...settings, z: 5, seed: 2 });
  await live.button("nodule").click();
  await ready(page);
  const place = await Promise.all(["z", "y", "x"].map(async (name) => Number(await live.slider(name).inputValue())));
  await compare(live, page, { ...settings, seed: 2, z: place[0], y: place[1], x: place[2] });
  const { nodules, volume } = generatePhantom({ seed: 2, size: [48, 64, 64] });
  const centers = nodules.map(({ x, y, z }) => [2, 1, 0].map((i) => Math.round(([x, y, z][i] - volume.originMm[i]) / 1.5)));
  assert.deepEqual(place, centers[0]);
  assert.deepEqual(site.faults, []);
});

test("views are seen as the network sees them", { skip }, async () => {
  const page = await site.open("live/targets.html");
  const live = livePart(page, "targets");
  const uris = await live.part
    .locator(".live-pair")
    .evaluateAll((pairs) => pairs.map((pair) => pair.querySelector("image").getAttribute("href")));
  const voxels = tf.tensor5d(patchOf(phantom(preset.seed), preset), [1, edge, edge, edge, 1]);
  for (const [k, view] of viewsOf(preset).entries()) {
    const gray = grayOf(uris[k]);
    const seen = Float32Array.from(transformVolume(voxels, view).dataSync(), (value) => Math.round(127.5 * (value + 1)));
    const planes = Array.from({ length: edge }, (_, z) => seen.subarray(z * edge ** 2, (z + 1) * edge ** 2));
    assert.ok(
      planes.some((plane) => plane.every((value, i) => Math.abs(value - gray[i]) <= 1)),
      `view ${k + 1} is no plane of the view`,
    );
  }
});

test("the stories hold", { skip }, async () => {
  const page = await site.open("live/targets.html");
  page.setDefaultTimeout(180_000);
  const live = livePart(page, "targets");
  const chosen = async () => {
    const rows = (await live.rows(0)).map((row) => Number(row[1]));
    return { views: rows.slice(0, -2), mean: rows.at(-2), target: rows.at(-1) };
  };
  const spread = ({ views }) => Math.max(...views) - Math.min(...views);
  const agree = await chosen();
  await live.button("doubt").click();
  await compare(live, page, stories[1].settings);
  const doubt = await chosen();
  await live.button("certain").click();
  await compare(live, page, stories[2].settings);
  const certain = await chosen();
  assert.ok(agree.mean > 0.7 && spread(agree) < 0.2, JSON.stringify(agree));
  assert.ok(spread(doubt) > 0.3, JSON.stringify(doubt));
  assert.ok(doubt.mean > 0.5 && doubt.target < 0.9 && certain.target > 0.9, JSON.stringify({ doubt, certain }));
});

test("a visitor's scan is read in the browser, and what is none is refused by a sentence", { skip }, async () => {
  const page = await site.open("live/targets.html#views=2&seed=2");
  page.setDefaultTimeout(180_000);
  const live = livePart(page, "targets");
  const asked = [];
  page.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
  const source = phantom(1);
  // The axes point the other way in the file, as some scanners have them.
  const flipped = { ...source, data: source.data.slice().reverse(), originMm: [0, 0, 0], direction: [-1, 0, 0, 0, -1, 0, 0, 0, -1] };
  const file = (name, bytes) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
  const input = live.part.locator('input[name="files"]');
  await input.setInputFiles(file("scan.mha", formatMetaImage(createVolume(flipped))));
  await page.waitForFunction(() => document.body.textContent.includes("scan.mha: 48 × 64 × 64 voxels"));
  const settings = { ...preset, views: 2, z: 24, y: 32, x: 32 };
  await compare(live, page, settings, source);
  assert.equal(await live.slider("seed").count(), 0);

  await input.setInputFiles(file("letter.nrrd", Buffer.from("Dear Sir")));
  await page.waitForFunction(() => document.querySelector('.live-scan-files [role="status"]').textContent.includes("letter.nrrd"));
  await compare(live, page, settings, source);

  // 3 mm in the file, 1.5 mm for the network.
  const coarse = createVolume({ data: new Int16Array(8 * 20 * 20).fill(-600), shape: [8, 20, 20], spacingMm: [3, 3, 3] });
  await input.setInputFiles(file("coarse.nrrd", formatNrrd(coarse)));
  await page.waitForFunction(() => document.body.textContent.includes("coarse.nrrd: 16 × 40 × 40 voxels"));
  const block = { data: new Int16Array(16 * 40 * 40).fill(-600), shape: [16, 40, 40] };
  await compare(live, page, { ...settings, z: 8, y: 20, x: 20 }, block);

  // A DICOM series, its files in no order, each a slice.
  const values = (z) => Uint16Array.from({ length: 1600 }, (_, i) => 100 + 16 * ((7 * z + 3 * Math.floor(i / 40) + (i % 40)) % 50));
  const slices = Array.from({ length: 20 }, (_, z) => {
    const elements = sliceElements({ position: `0\\0\\${1.5 * z}`, spacing: "1.5\\1.5", rows: 40, columns: 40, values: values(z) });
    return file(`${(z * 7) % 20}.dcm`, dicomFile(elements));
  });
  await input.setInputFiles(slices);
  await page.waitForFunction(() => document.body.textContent.includes("20 files: 20 × 40 × 40 voxels"));
  const data = slices.flatMap((_, z) => Array.from(values(z), (value) => value - 1000));
  const stack = { data, shape: [20, 40, 40] };
  await compare(live, page, { ...settings, z: 10, y: 20, x: 20 }, stack);

  await live.part.locator("summary").last().click();
  await live.button("phantom").click();
  await compare(live, page, { ...settings, seed: 2, z: 10, y: 20, x: 20 });
  assert.deepEqual(
    asked.filter((request) => !request.startsWith("GET ")),
    [],
  );
  assert.deepEqual(site.faults, []);
});

test("a link restores the state and bad values in it are ignored; without JavaScript the preset is there", { skip }, async () => {
  const page = await site.open("live/targets.html#views=2&temperature=0.4&depth=9&kind=round&draw=3");
  await compare(livePart(page, "targets"), page, { ...preset, views: 2, temperature: 0.4, draw: 3 });
  const still = await site.open("live/targets.html", { javaScriptEnabled: false });
  const live = livePart(still, "targets");
  const rows = await live.rows(0);
  const { each, mean, target } = inNode(preset);
  const at = indexOf(preset);
  for (const [k, view] of each.entries()) near(rows[k][1], view[at], `view ${k + 1}`);
  near(rows.at(-2)[1], mean[at], "mean");
  near(rows.at(-1)[1], target[at], "target");
  assert.equal(await live.part.locator("svg image").count(), 1 + 1 + 2 + 2 + preset.views * 4);
});

test("nothing is wider than a phone", { skip }, async () => {
  const page = await site.open("live/targets.html", { viewport: { width: 360, height: 740 } });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
});
