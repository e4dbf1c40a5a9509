import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import "@tensorflow/tfjs-backend-cpu";
import { softTargetFocalLoss } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import { eventually, livePart, numberOf, openSite, skip } from "./site.mjs";

const ps = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const preset = { y: 0.3, alpha: [0.25, 0.75], gamma: 2, softAlpha: true, softBeta: true };

/** Value and derivative at predictions, by the package in Node. */
function inNode(p, { y, ...options }) {
  return tf.tidy(() => {
    const targets = tf.fill([p.length], y);
    const logits = tf.tensor1d(p.map((one) => Math.log(one / (1 - one))));
    const loss = (x) => softTargetFocalLoss(targets, x, options);
    return { value: [...loss(logits).dataSync()], gradient: [...tf.grad(loss)(logits).dataSync()] };
  });
}

/** The page writes four significant digits: half of the last one is up to 5e-4 of it. */
const near = (text, value) =>
  assert.ok(Math.abs(numberOf(text) - value) <= 6e-4 * Math.abs(value) + 1e-6, `${text} on the page, ${value} in Node`);

const compare = (...all) => eventually(() => compareNow(...all));

async function compareNow(live, settings) {
  const [chosen, hard] = [inNode(ps, settings), inNode(ps, { ...settings, softAlpha: false, softBeta: false })];
  const rows = await live.rows();
  assert.equal(rows.length, ps.length);
  for (const [i, [p, ...cells]] of rows.entries()) {
    assert.equal(Number(p), ps[i]);
    for (const [j, value] of [chosen.value[i], chosen.gradient[i], hard.value[i], hard.gradient[i]].entries()) near(cells[j], value);
  }
}

/** What the sentence below the figures says. */
async function said(live) {
  const text = await live.summary();
  const match =
    /At p = (\S+) the loss is (\S+) and its derivative (\S+)\. .* ends at (\S+), with both hard at (\S+); the target is (\S+)\./.exec(text);
  assert.ok(match, text);
  const [, p, value, gradient, end, hardEnd] = match;
  return { p: Number(p), value, gradient, end: Number(end), hardEnd: Number(hardEnd) };
}

let site;
before(async () => {
  if (!skip) site = await openSite();
});
after(() => site?.close());

test("every control gives what the package gives in Node", { skip }, async () => {
  const page = await site.open("live/focal-loss.html");
  const live = livePart(page, "focal-loss");
  await compare(live, preset);
  await live.set("y", 0.7);
  await compare(live, { ...preset, y: 0.7 });
  await live.set("gamma", 1.5);
  await live.set("alpha0", 0.9);
  await live.set("alpha1", 0.2);
  const changed = { y: 0.7, alpha: [0.9, 0.2], gamma: 1.5, softAlpha: true, softBeta: true };
  await compare(live, changed);
  await live.toggle("softAlpha").uncheck();
  await compare(live, { ...changed, softAlpha: false });
  await live.toggle("softBeta").uncheck();
  await compare(live, { ...changed, softAlpha: false, softBeta: false });
  await live.toggle("softAlpha").check();
  await compare(live, { ...changed, softBeta: false });

  await live.set("p", 0.44);
  const at = inNode([0.44], { ...changed, softBeta: false });
  await eventually(async () => {
    const { p, value, gradient } = await said(live);
    assert.equal(p, 0.44);
    near(value, at.value[0]);
    near(gradient, at.gradient[0]);
  });

  await live.slider("y").focus();
  await page.keyboard.press("ArrowLeft");
  await compare(live, { ...changed, y: 0.69, softBeta: false });
  assert.deepEqual(site.faults, []);
});

test("the story holds: soft factors lead to the target, hard ones past it", { skip }, async () => {
  const page = await site.open("live/focal-loss.html");
  const live = livePart(page, "focal-loss");
  const low = await said(live);
  assert.ok(Math.abs(low.end - 0.3) < 0.02, `ends at ${low.end}`);
  assert.ok(low.hardEnd < 0.2, `ends at ${low.hardEnd}`);
  await live.set("y", 0.7);
  await eventually(async () => {
    const high = await said(live);
    assert.ok(Math.abs(high.end - 0.7) < 0.02, `ends at ${high.end}`);
    assert.ok(high.hardEnd > 0.85, `ends at ${high.hardEnd}`);
  });
});

test("a link restores the state and bad values in it are ignored", { skip }, async () => {
  const page = await site.open("live/focal-loss.html#y=0.55&gamma=99&softBeta=0&alpha0=half");
  await compare(livePart(page, "focal-loss"), { ...preset, y: 0.55, softBeta: false });
});

test("without JavaScript the preset is there", { skip }, async () => {
  const page = await site.open("live/focal-loss.html", { javaScriptEnabled: false });
  await compare(livePart(page, "focal-loss"), preset);
});
