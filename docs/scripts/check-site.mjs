// Checks the built site, the API reference included: every link leads to a page and a heading of it, and nothing is loaded from elsewhere.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../.vitepress/dist", import.meta.url));
const pages = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".html") && path !== "404.html");
const html = new Map(pages.map((path) => [path, readFileSync(join(dist, path), "utf8")]));
const ids = new Map([...html].map(([path, text]) => [path, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]))]));
const decode = (text) => decodeURIComponent(text.replaceAll("&amp;", "&"));

const faults = [];
for (const [from, text] of html) {
  for (const [, link] of text.matchAll(/<a\b[^>]*\shref="([^"]*)"/g)) {
    if (/^(https?|mailto):/.test(link)) continue;
    const [path, anchor] = decode(link).split("#");
    const place = path === "" ? from : normalize(path.startsWith("/") ? path.slice(1) : join(dirname(from), path));
    const target = [place, `${place}.html`, join(place, "index.html")].find((one) => html.has(one));
    if (!target) {
      if (!existsSync(join(dist, place))) faults.push(`${from}: ${link} leads to no page`);
    } else if (anchor && !ids.get(target).has(anchor)) faults.push(`${from}: ${link} leads to no heading of ${target}`);
  }
  for (const [, source] of text.matchAll(/<(?:script|link|img)\b[^>]*\s(?:src|href)="(https?:[^"]+)"/g))
    faults.push(`${from}: loads ${source}`);
}
for (const fault of new Set(faults)) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`check-site: ${html.size} pages, every link leads somewhere`);
