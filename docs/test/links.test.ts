import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { map } from "../../scripts/map.mjs";
import { anchorsOf, withoutFences } from "../scripts/anchors.mjs";
import { generatedFolders, generatedPages } from "../scripts/generated-pages.js";

const docs = fileURLToPath(new URL("..", import.meta.url));
const isGenerated = (path: string): boolean => generatedFolders.some((folder) => path.startsWith(`${folder}/`));

/** Every page of the site but the API reference, by its path, as VitePress gets it. */
async function pagesOfSite(): Promise<Map<string, string>> {
  const byHand = readdirSync(docs, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".md") && !/(^|\/)(node_modules|\.vitepress)\//.test(path) && !isGenerated(path));
  const generated = await generatedPages();
  const pages = new Map(byHand.map((path) => [path, readFileSync(join(docs, path), "utf8")]));
  for (const [path, text] of pages) {
    pages.set(
      path,
      text.replace(
        /<!--@include: ([^>]+)-->/g,
        (_, part: string) => generated[normalize(join(dirname(path), part.trim()))] ?? `[missing](${part})`,
      ),
    );
  }
  for (const [path, text] of Object.entries(generated)) if (!path.startsWith("generated/")) pages.set(path, text);
  return pages;
}

const withoutCode = (text: string): string => withoutFences(text).replace(/`[^`\n]*`/g, (code) => "x".repeat(code.length));

/** The targets of a page's links, in the text and on the home page's front matter. */
function linksOf(text: string): string[] {
  const inText = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  const frontMatter = /^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? "";
  return [...inText, ...[...frontMatter.matchAll(/^\s*link: (\S+)$/gm)].map((match) => match[1]!)];
}

function problemWith(link: string, from: string, pages: ReadonlyMap<string, string>): string | undefined {
  if (/^(https?|mailto):/.test(link)) return undefined;
  const [path, anchor] = link.split("#") as [string, string?];
  const bare = path === "" ? from : path.startsWith("/") ? path.slice(1) : normalize(join(dirname(from), path));
  const target = bare === "" || bare.endsWith("/") ? `${bare}index.md` : bare.endsWith(".md") ? bare : `${bare}.md`;
  const api = /^api\/(?:index|([\w-]+)(\/node)?)\.md$/.exec(target);
  if (api) {
    // typedoc makes these; what it makes them of is there.
    const [, name, node] = api;
    const isThere =
      name === undefined ||
      (Object.hasOwn(map, name) && existsSync(join(docs, "../packages", name, node ? "src/node.ts" : "src/index.ts")));
    return isThere ? undefined : `${from}: ${link} leads to no entry point`;
  }
  const text = pages.get(target);
  if (text === undefined) return `${from}: ${link} leads to no page`;
  if (anchor !== undefined && !anchorsOf(text).has(anchor)) return `${from}: ${link} leads to no heading of ${target}`;
  return undefined;
}

test("every internal link and anchor leads somewhere", async () => {
  const pages = await pagesOfSite();
  expect(pages.size).toBeGreaterThan(Object.keys(map).length + 6);
  const links = [...pages].flatMap(([from, text]) => linksOf(text).map((link) => ({ from, link })));
  expect(links.length).toBeGreaterThan(40);
  expect(links.map(({ from, link }) => problemWith(link, from, pages)).filter((problem) => problem !== undefined)).toEqual([]);
});

test("a link that leads nowhere is found", () => {
  const pages = new Map([
    ["guide/a.md", "# A\n\n## It is `so`, really\n\n[b](b.md)"],
    ["index.md", "---\nhero:\n  link: /guide/missing\n---"],
  ]);
  expect(linksOf(pages.get("index.md")!)).toEqual(["/guide/missing"]);
  expect(problemWith("/guide/missing", "index.md", pages)).toContain("leads to no page");
  expect(problemWith("#it-is-so-really", "guide/a.md", pages)).toBeUndefined();
  expect(problemWith("../guide/a.md#nowhere", "guide/a.md", pages)).toContain("leads to no heading");
  expect(problemWith("/api/no-package", "index.md", pages)).toContain("leads to no entry point");
});

test("every page is in the sidebar or is the home page", async () => {
  const config = readFileSync(join(docs, ".vitepress/config.ts"), "utf8");
  const pages = [...(await pagesOfSite()).keys()].filter((path) => !path.startsWith("packages/") && path !== "index.md");
  expect(pages.map((path) => `/${path.replace(/(index)?\.md$/, "")}`).filter((link) => !config.includes(`"${link}"`))).toEqual([]);
});
