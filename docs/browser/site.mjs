// What the browser tests share: the built site, served under any path, and Chromium to look at it.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

/** The built site; SITE names another folder of it. */
export const dist = process.env["SITE"] ?? fileURLToPath(new URL("../.vitepress/dist", import.meta.url));

/** The browser: CHROMIUM names it, or Debian's is there. Undefined if there is none. */
export const browserPath = [process.env["CHROMIUM"], "/usr/bin/chromium"].find((path) => path && existsSync(path));

/** The reason to leave browser tests out; false where they can run. In CI a missing browser is a failure. */
export const skip =
  browserPath || process.env["CI"]
    ? false
    : "no browser: CHROMIUM names none and /usr/bin/chromium is not there (apt-get install chromium)";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/** A server of the built site, as any static host is one: files as they are, no rules, 404.html for what is not there. `under` is the folder that it lies in, "/" or such as "/a/b/". Most hosts compress. */
export async function serveSite({ under = "/", root = dist, isCompressed = false } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const inside = path.startsWith(under) ? normalize(path.slice(under.length) || ".") : "..";
    const file = join(root, path.endsWith("/") ? join(inside, "index.html") : inside);
    if (inside.startsWith("..") || !(file === root || file.startsWith(root + sep))) return void response.writeHead(404).end();
    try {
      const content = await readFile(file);
      const type = types[extname(file)] ?? "application/octet-stream";
      const headers = { "content-type": type, "cache-control": "no-cache" };
      if (isCompressed && /text|json|svg/.test(type))
        response.writeHead(200, { ...headers, "content-encoding": "gzip" }).end(gzipSync(content));
      else response.writeHead(200, headers).end(content);
    } catch {
      response.writeHead(404, { "content-type": types[".html"] }).end(await readFile(join(root, "404.html")));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}${under}`, close: () => new Promise((resolve) => server.close(() => resolve(undefined))) };
}

/** How Chromium is started; a sandbox of its own is not to be had as root, in containers. */
export const browserOptions = () => ({
  executablePath: browserPath,
  args: process.getuid?.() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : [],
});

export const launch = () => chromium.launch(browserOptions());

/**
 * The site in a browser: `open(path)` gives a page once its live parts are ready, `close` ends both. Errors of pages, and whatever they ask of other
 * hosts or do not find, are in `faults`, which a test expects to be empty.
 */
export async function openSite({ under = "/", root = dist } = {}) {
  const site = await serveSite({ under, root });
  const browser = await launch();
  const faults = [];
  /** Notes what goes wrong on a page, under a name. */
  function watch(page, name) {
    const note = (text) => faults.push(`${name}: ${text}`);
    page.on("pageerror", (error) => note(error.message));
    page.on("console", (message) => message.type() === "error" && note(message.text()));
    page.on("request", (request) => {
      if (/^(https?|wss?):/.test(request.url()) && !request.url().startsWith(site.url)) note(`asks for ${request.url()}`);
    });
    page.on("response", (response) => response.status() >= 400 && note(`${response.status()} for ${response.url()}`));
  }

  async function open(path, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    const page = await context.newPage();
    watch(page, path);
    await page.goto(new URL(path, site.url).href);
    if (options.javaScriptEnabled !== false) await ready(page);
    return page;
  }
  return { url: site.url, faults, browser, open, watch, close: () => Promise.all([browser.close(), site.close()]) };
}

/** Waits until the live parts of a page answer: long, since some run a network, and the machine may be busy. */
export const ready = (page) =>
  page.waitForFunction(() => [...document.querySelectorAll("[data-live]")].every((part) => part.dataset.ready === "true"), undefined, {
    timeout: 180_000,
  });

/** Checks again until it holds: a page may answer a moment after a control was moved. The last complaint is the test's. */
export async function eventually(check, ms = 60_000) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (error.code !== "ERR_ASSERTION" || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A live part of a page: its controls by name, and what it shows. */
export function livePart(page, name) {
  const part = page.locator(`[data-live="${name}"]`);
  return {
    part,
    /** Sets a slider, by its field for numbers. */
    set: (control, value) => part.locator(`input[name="${control}-field"]`).fill(String(value)),
    slider: (control) => part.locator(`input[type="range"][name="${control}"]`),
    toggle: (control) => part.locator(`input[type="checkbox"][name="${control}"]`),
    select: (control) => part.locator(`select[name="${control}"]`),
    button: (control) => part.locator(`button[name="${control}"]`),
    /** The rows of a table as texts, the n-th table of the part. */
    rows: (n = 0) =>
      part
        .locator("table")
        .nth(n)
        .locator("tbody tr")
        .evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => (cell.textContent ?? "").trim()))),
    summary: async () => ((await part.locator(".live-summary").textContent()) ?? "").replace(/\s+/g, " ").trim(),
  };
}

/** A number as pages write it. */
export const numberOf = (text) => Number(text.replace("−", "-"));
