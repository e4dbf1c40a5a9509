import assert from "node:assert/strict";
import { test } from "node:test";
import { openSite, ready, skip } from "./site.mjs";

for (const under of ["/", "/somewhere/", "/two/folders/"]) {
  test(`the site works under ${under}`, { skip }, async () => {
    const site = await openSite({ under });
    try {
      const page = await site.open("");
      const at = () => page.evaluate(() => location.pathname);
      // Menus go through the router, which keeps the page; a mark in it shows that none was loaded anew.
      await page.evaluate(() => Object.assign(window, { mark: true }));
      await page.locator(".VPNavBarMenu").getByRole("link", { name: "Live" }).click();
      await page.waitForFunction(() => location.pathname.endsWith("/live/"));
      await page.locator("main").getByRole("link", { name: "Curriculum", exact: true }).click();
      await page.waitForSelector("[data-live]");
      await ready(page);
      assert.equal(await at(), `${under}live/curriculum.html`);
      await page.locator(".VPSidebar").getByRole("link", { name: "FocalMix", exact: true }).click();
      await page.waitForFunction(() => document.title.startsWith("FocalMix"));
      assert.equal(await at(), `${under}theory/focalmix.html`);
      await page.locator("main").getByRole("link", { name: "@gleaner/losses" }).first().click();
      await page.waitForFunction(() => document.title.includes("losses"));
      assert.equal(await at(), `${under}packages/losses.html`);
      await page.goBack();
      await page.waitForFunction(() => document.title.startsWith("FocalMix"));
      assert.equal(await page.evaluate(() => "mark" in window), true);

      // The search finds a page and leads there.
      await page.locator("#local-search button").first().click();
      await page.locator("#localsearch-input").fill("evaluateFroc");
      await page.locator("#localsearch-list a").first().click();
      await page.waitForFunction(() => !location.pathname.endsWith("/theory/focalmix.html"));
      assert.ok((await at()).startsWith(under));
      assert.ok(!(await page.title()).startsWith("404"));

      // A page deep down that is opened from outside, then home.
      const deep = await site.open("api/volumes/node.html");
      assert.match(await deep.title(), /volumes/);
      await deep.locator(".VPNavBarTitle a").click();
      await deep.waitForFunction(() => document.title.startsWith("Gleaner"));
      assert.equal(await deep.evaluate(() => location.pathname), under);
      assert.deepEqual(site.faults, []);
    } finally {
      await site.close();
    }
  });
}

test("a page that is not there leads home, wherever it was looked for", { skip }, async () => {
  const site = await openSite({ under: "/a/b/" });
  try {
    const page = await site.open("guide/no-such-page.html");
    await page.getByRole("link", { name: "Gleaner" }).click();
    await page.waitForURL("**/a/b/");
    await page.waitForFunction(() => document.title.startsWith("Gleaner"));
  } finally {
    await site.close();
  }
});

test("links lead on without JavaScript", { skip }, async () => {
  const site = await openSite({ under: "/a/b/" });
  try {
    const page = await site.open("theory/focalmix.html", { javaScriptEnabled: false });
    await page.locator(".VPSidebar").getByRole("link", { name: "Soft-target focal loss" }).click();
    await page.waitForURL("**/a/b/live/focal-loss.html");
    await page.locator(".VPNavBarMenu").getByRole("link", { name: "Packages" }).click();
    await page.waitForURL("**/a/b/packages/");
    await page.locator("main").getByRole("link", { name: "@gleaner/froc" }).first().click();
    await page.waitForURL("**/a/b/packages/froc.html");
    assert.deepEqual(site.faults, []);
  } finally {
    await site.close();
  }
});
