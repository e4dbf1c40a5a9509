// Lighthouse on the built site, without a network: performance, accessibility and best practices, 95 of 100 or more on each page.
//   node scripts/audit.mjs                 one page of each kind
//   node scripts/audit.mjs --untimed       the same; performance is told, but only the rest can fail: CI's machine does other things too
//   node scripts/audit.mjs --all           every page
//   node scripts/audit.mjs live/froc.html  these
// --mobile is a slow phone in place of a desktop machine.
import { readdirSync } from "node:fs";
import { argv } from "node:process";
import lighthouse, { desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";
import { browserOptions, dist, serveSite, skip } from "../browser/site.mjs";

const wanted = 95;
const categories = ["performance", "accessibility", "best-practices"];
const ofEachKind = [
  "index.html",
  "guide/getting-started.html",
  "guide/architecture.html",
  "theory/flexmatch.html",
  "results.html",
  "packages/index.html",
  "packages/froc.html",
  "api/index.html",
  "api/losses.html",
];
const pagesOf = () =>
  readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".html") && path !== "404.html");

if (skip) {
  console.log(`audit: left out, ${skip}`);
  process.exit(0);
}
const isMobile = argv.includes("--mobile");
const isTimed = !argv.includes("--untimed");
const given = argv.slice(2).filter((word) => word !== "--mobile" && word !== "--untimed");
const pages =
  given.length === 0 ? [...ofEachKind, ...pagesOf().filter((path) => path.startsWith("live/"))] : given[0] === "--all" ? pagesOf() : given;

const site = await serveSite({ under: "/audit/", isCompressed: true });
// Lighthouse speaks to the browser through a port of its own.
const port = 9200 + (process.pid % 700);
const options = browserOptions();
const browser = await chromium.launch({ ...options, args: [...options.args, `--remote-debugging-port=${port}`] });
let isGood = true;

/** The scores of a page. What else the machine does can only slow a page down, so one that is too slow gets two more tries. */
async function judge(path) {
  let best;
  for (let tries = 0; tries < (isTimed ? 3 : 1); tries++) {
    const result = await lighthouse(
      new URL(path, site.url).href,
      { port, logLevel: "error", onlyCategories: categories },
      isMobile ? undefined : desktopConfig,
    );
    if (!result) throw new Error(`${path}: Lighthouse gave no result`);
    const { lhr } = result;
    if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
    const scores = categories.map((name) => Math.round(100 * (lhr.categories[name]?.score ?? 0)));
    if (!best || scores[0] > best.scores[0]) best = { lhr, scores };
    if (best.scores[0] >= wanted) break;
  }
  return best;
}

try {
  for (const path of pages.sort()) {
    const { lhr, scores } = await judge(path);
    console.log(`${scores.map((score) => String(score).padStart(3)).join(" ")}  ${path}`);
    for (const [i, name] of categories.entries()) {
      if (scores[i] >= wanted) continue;
      if (isTimed || name !== "performance") isGood = false;
      for (const { id, weight } of lhr.categories[name].auditRefs) {
        const { score, title, displayValue, details } = lhr.audits[id];
        if (weight === 0 || score === null || score >= 0.9) continue;
        console.log(`      ${name}: ${title}${displayValue ? ` (${displayValue})` : ""}`);
        const items = details?.type === "table" ? details.items : [];
        for (const { node } of items.slice(0, 5)) if (node) console.log(`        ${node.selector}`);
      }
    }
  }
} finally {
  await browser.close();
  await site.close();
}
const judged = isTimed ? categories : categories.slice(1);
console.log(`audit: ${pages.length} pages, ${judged.join(", ")}: ${isGood ? `all at least ${wanted}` : `some below ${wanted}`}`);
process.exit(isGood ? 0 : 1);
