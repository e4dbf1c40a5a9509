import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { dist, openSite, skip } from "./site.mjs";

// The pages of the API are all of one make; one of them stands for the others.
const pages = skip
  ? []
  : readdirSync(dist, { recursive: true, encoding: "utf8" })
      .map((path) => path.replaceAll("\\", "/"))
      .filter((path) => path.endsWith(".html") && path !== "404.html" && (!path.startsWith("api/") || path === "api/losses.html"))
      .sort();

let site;
before(async () => {
  if (!skip) site = await openSite({ under: "/docs/" });
});
after(() => site?.close());

test("every page fits a phone, in the dark too, and asks for nothing that is not there", { skip }, async () => {
  const context = await site.browser.newContext({
    viewport: { width: 360, height: 740 },
    isMobile: true,
    hasTouch: true,
    colorScheme: "dark",
  });
  const page = await context.newPage();
  site.watch(page, "pages");
  const wide = [];
  for (const path of pages) {
    await page.goto(new URL(path, site.url).href);
    const { over, isDark } = await page.evaluate(() => ({
      over: document.documentElement.scrollWidth - window.innerWidth,
      isDark: document.documentElement.classList.contains("dark"),
    }));
    assert.equal(isDark, true, path);
    if (over > 0) wide.push(`${path} is ${over} pixels wider than the screen`);
  }
  assert.deepEqual(wide, []);
  assert.deepEqual(site.faults, []);
  assert.ok(pages.length > 30, `${pages.length} pages`);
});

test("the tab key reaches every control of a live page, in the order of the page", { skip }, async () => {
  const page = await site.open("live/focal-loss.html");
  const names = await page
    .locator("[data-live] :is(input, select, button)")
    .evaluateAll((controls) => controls.map((control) => control.name));
  assert.ok(names.length > 10);
  await page.locator("[data-live] :is(input, select, button)").first().focus();
  const reached = [];
  for (let i = 0; i < names.length; i++) {
    reached.push(await page.evaluate(() => document.activeElement?.getAttribute("name")));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, "none", `${reached.at(-1)} shows that it has the focus`);
    await page.keyboard.press("Tab");
  }
  assert.deepEqual(reached, names);
});

test("every control of the live pages has a name, and every figure says in words what it is", { skip }, async () => {
  for (const path of pages.filter((one) => one.startsWith("live/") && one !== "live/index.html")) {
    const page = await site.open(path);
    const nameless = await page
      .locator("[data-live] :is(input, select, button, [role=slider])")
      .evaluateAll((controls) =>
        controls
          .filter((control) => !(control.labels?.length > 0 || control.getAttribute("aria-label") || control.textContent?.trim()))
          .map((control) => control.outerHTML.slice(0, 100)),
      );
    assert.deepEqual(nameless, [], path);
    const silent = await page
      .locator('[data-live] svg[role="img"]')
      .evaluateAll(
        (figures) =>
          figures.filter((figure) => !figure.querySelector("title")?.textContent?.trim() && !figure.getAttribute("aria-label")).length,
      );
    assert.equal(silent, 0, `${path} has figures without a title`);
    await page.context().close();
  }
});
