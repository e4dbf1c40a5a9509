// Makes the built site independent of the folder it is served from. VitePress fixes that folder when it builds; the site is therefore built for a
// placeholder, `vitepress build --base /__gleaner__/`, and this puts in its place what is known where it is used: in HTML and CSS the way up to the top, in
// scripts the address that they were loaded from.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

export const placeholder = "/__gleaner__/";

/**
 * @param {string} path of a file, from the top of the site
 * @returns {string} from its folder to the top: "./", "../" or "../../"
 */
const wayUp = (path) => `${relative(dirname(path), "") || "."}/`;

/**
 * A style sheet that finds its fonts beside itself.
 *
 * @param {string} text
 * @param {string} path
 */
export const relocateStyle = (text, path) => text.replaceAll(placeholder, wayUp(path));

/**
 * A script in which every string that has the placeholder is completed when it runs, with the folder that the module was loaded from.
 *
 * @param {string} text an ES module
 * @param {string} path
 */
export function relocateScript(text, path) {
  if (!text.includes(placeholder)) return text;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  const parts = [];
  let from = 0;
  /** @param {ts.Node} node */
  const visit = (node) => {
    const isText = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
    if (isText && node.getText().includes(placeholder)) {
      if (
        !ts.isExpression(node) ||
        ts.isImportDeclaration(node.parent) ||
        ts.isTaggedTemplateExpression(node.parent) ||
        (ts.isPropertyAssignment(node.parent) && node.parent.name === node)
      )
        throw new Error(`${path}: ${placeholder} stands where no expression can: ${node.parent.getText().slice(0, 100)}`);
      parts.push(text.slice(from, node.getStart()), `(${node.getText()}).replaceAll(__gleanerPlaceholder,__gleanerBase)`);
      from = node.getEnd();
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (parts.length === 0) throw new Error(`${path}: ${placeholder} is in no string`);
  const [first, last] = [placeholder.slice(0, 5), placeholder.slice(5)];
  const prelude = `const __gleanerPlaceholder="${first}"+"${last}",__gleanerBase=new URL("${wayUp(path)}",import.meta.url).pathname;`;
  return `${prelude}${parts.join("")}${text.slice(from)}`;
}

/**
 * A page whose links lead up by themselves, so that it works without JavaScript. Where there is JavaScript, its links are made absolute before the app takes
 * over: the app keeps menus while it changes the address.
 *
 * @param {string} text
 * @param {string} path
 */
export function relocatePage(text, path) {
  const up = wayUp(path);
  const base = `new URL(${JSON.stringify(up)},location.href).pathname`;
  const settle = `<script>for(const a of document.querySelectorAll('a[href]:not([href^="#"])'))a.setAttribute("href",new URL(a.getAttribute("href"),location.href).href.replace(location.origin,""));__VP_SITE_DATA__.base=${base}</script>`;
  const html = text.replaceAll(`="${placeholder}`, `="${up}`);
  // The site's data are a script at the end of the body.
  const end = html.lastIndexOf("</body>");
  if (end < 0 || !html.includes("__VP_SITE_DATA__=")) throw new Error(`${path} is no page of VitePress: it has no data of the site`);
  const relocated = `${html.slice(0, end)}${settle}${html.slice(end)}`;
  const rest = relocated.replace(/\\"base\\":\\"\/__gleaner__\/\\"/, "");
  if (rest.includes(placeholder))
    throw new Error(`${path}: ${placeholder} is left: ${rest.slice(rest.indexOf(placeholder) - 60).slice(0, 120)}`);
  return relocated;
}

/** What hosts show for an address without a page, anywhere below the top: it has to find the top by itself. */
const notFound = `<!doctype html>
<html lang="en-US">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Not found | Gleaner</title>
<style>:root{color-scheme:light dark;font:1.1rem/1.6 system-ui,sans-serif}main{margin:20vh auto;width:min(32rem,90vw)}</style>
<main><h1>Not found</h1><p>There is no page here. Go to the first page of <a href="./">Gleaner</a>.</p></main>
<script type="module">
const folders = location.pathname.split("/").slice(0, -1);
for (; folders.length > 0; folders.pop()) {
  const top = folders.join("/") + "/";
  const found = await fetch(top + "hashmap.json").catch(() => undefined);
  if (found?.ok) { document.querySelector("a").href = top; break; }
}
</script>
</html>
`;

/** Relocates all files of a built site. */
export function relocate(dist) {
  writeFileSync(join(dist, "404.html"), notFound);
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const change = path.endsWith(".html")
      ? relocatePage
      : path.endsWith(".js")
        ? relocateScript
        : path.endsWith(".css")
          ? relocateStyle
          : undefined;
    if (!change || path === "404.html") continue;
    const text = readFileSync(join(dist, path), "utf8");
    writeFileSync(join(dist, path), change(text, path.replaceAll("\\", "/")));
  }
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) relocate(fileURLToPath(new URL("../.vitepress/dist", import.meta.url)));
