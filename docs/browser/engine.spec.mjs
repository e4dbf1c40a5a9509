import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { checkEngine } from "@gleaner/engine";
import { judgmentOf } from "../.vitepress/theme/live/engine-judgments.js";
import { startPageEngine } from "../.vitepress/theme/live/engine-start.js";
import { eventually, livePart, openSite, ready, skip } from "./site.mjs";

const recorded = JSON.parse(readFileSync(new URL("../live/engine-runs.json", import.meta.url), "utf8"));
const stock = recorded.runs.stock.map((judgment) => judgment.split(" ")[0]);

/** What the table shows of judgments. */
const rowsOf = (judgments) =>
  judgments.map((judgment, i) => {
    const [status, error = "–"] = judgment.split(" ");
    return [recorded.operators[i], status, error, stock[i]];
  });

/** What the package finds in Node. */
async function inNode(engine) {
  await startPageEngine(engine);
  return (await checkEngine()).map(judgmentOf);
}

let site;
// The stock backend first: kernels that were replaced stay replaced.
const found = {};
before(async () => {
  if (skip) return;
  site = await openSite();
  for (const engine of ["stock", "wasm", "cpu"]) found[engine] = await inNode(engine);
});
after(() => site?.close());

/** Presses the button and waits until all is done. */
async function check(page, live) {
  await live.button("check").click();
  await page.waitForFunction(
    () => /\.$/.test(document.querySelector('[data-live="engine"] [role="status"]')?.textContent ?? ""),
    undefined,
    {
      timeout: 180_000,
    },
  );
  await ready(page);
}

/** Statuses have to be those of Node; the rounding of what is right need not. */
async function compare(live, judgments) {
  const rows = await live.rows();
  assert.deepEqual(
    rows.map(([operator, status, , beside]) => [operator, status, beside]),
    rowsOf(judgments).map(([operator, status, , beside]) => [operator, status, beside]),
  );
  for (const [operator, status, error] of rows) if (status === "right") assert.ok(Number(error) <= 1e-4, `${operator}: ${error}`);
  const count = (status) => judgments.filter((judgment) => judgment.startsWith(status)).length;
  const said = await live.summary();
  assert.match(
    said,
    new RegExp(`: ${count("right")} of ${judgments.length} operators are right, ${count("wrong")} wrong, ${count("missing")} missing`),
  );
}

test("the recorded run is there at first, and nothing is loaded for it", { skip }, async () => {
  const page = await site.open("live/engine.html");
  const live = livePart(page, "engine");
  const asked = [];
  // VitePress fetches the pages behind visible links when the browser has nothing else to do.
  const isPage = (url) => /\/assets\/[^/]+\.md\.[^/]+\.js$/.test(url);
  page.on("request", (request) => !isPage(request.url()) && asked.push(request.url()));
  assert.deepEqual(await live.rows(), rowsOf(recorded.runs.wasm));
  assert.match(await live.summary(), /^Recorded in Node/);
  await live.select("engine").selectOption("stock");
  await eventually(async () => assert.deepEqual(await live.rows(), rowsOf(recorded.runs.stock)));
  await live.toggle("faults").check();
  const faults = rowsOf(recorded.runs.stock).filter(([, status]) => status !== "right");
  await eventually(async () => assert.deepEqual(await live.rows(), faults));
  await live.select("engine").selectOption("webgl");
  await eventually(async () => assert.match(await live.summary(), /Not checked yet, WebGL: press Check\./));
  await page.waitForFunction(() => location.hash.includes("engine=webgl") && location.hash.includes("faults=1"));
  await live.button("reset").click();
  await eventually(async () => assert.deepEqual(await live.rows(), rowsOf(recorded.runs.wasm)));
  assert.deepEqual(asked, []);
  assert.deepEqual(site.faults, []);
});

for (const engine of ["wasm", "stock", "cpu"]) {
  test(`${engine} is in this browser what the package says in Node`, { skip }, async () => {
    const page = await site.open(`live/engine.html#engine=${engine}`);
    const live = livePart(page, "engine");
    await check(page, live);
    assert.match(await live.summary(), /^In this browser/);
    await compare(live, found[engine]);
    assert.deepEqual(site.faults, []);
    await page.context().close();
  });
}

test("an engine replaces nothing of the next one", { skip }, async () => {
  const page = await site.open("live/engine.html");
  const live = livePart(page, "engine");
  await check(page, live);
  await live.select("engine").selectOption("stock");
  await check(page, live);
  await compare(live, found.stock);
});

test("a check can be stopped, and goes when another engine is chosen", { skip }, async () => {
  const page = await site.open("live/engine.html#engine=cpu");
  const live = livePart(page, "engine");
  await live.button("check").click();
  await live.part.locator("progress").waitFor();
  await live.button("check").click();
  await live.part.getByText(/Stopped after \d+ operators\./).waitFor();
  await ready(page);
  await live.button("check").click();
  await live.select("engine").selectOption("wasm");
  await ready(page);
  await eventually(async () => assert.deepEqual(await live.rows(), rowsOf(recorded.runs.wasm)));
});

for (const engine of ["webgl", "webgpu"]) {
  test(`${engine} judges operators, or a sentence says that the browser has none`, { skip }, async () => {
    const page = await site.open(`live/engine.html#engine=${engine}`);
    const live = livePart(page, "engine");
    await live.button("check").click();
    // A few are enough: where the GPU is one in software, each takes seconds.
    await eventually(async () => {
      const note = (await live.part.getByRole("status").first().textContent()) ?? "";
      const judged = (await live.rows()).filter(([, status]) => /^(right|wrong|missing)$/.test(status));
      assert.ok(judged.length >= 3 || /^(This browser|The browser|WebGPU) .*\.$/.test(note), `${judged.length} judged, "${note}"`);
    }, 180_000);
    await page.context().close();
  });
}

test("without JavaScript the recorded run is there", { skip }, async () => {
  const page = await site.open("live/engine.html", { javaScriptEnabled: false });
  assert.deepEqual(await livePart(page, "engine").rows(), rowsOf(recorded.runs.wasm));
});
