import { expect, test } from "vitest";
import { relocatePage, relocateScript, relocateStyle } from "../scripts/relocate.mjs";

/** Runs a relocated script as the browser would that got it from an address, and gives what it exports as `default`. */
function run(script: string, path: string, from: string): unknown {
  const code = relocateScript(script, path).replaceAll("import.meta.url", JSON.stringify(from)).replace("export default", "return");
  return new Function(code)();
}

test("strings of a script get the folder that it was loaded from", () => {
  const from = "http://host/a/b/assets/chunks/x.js";
  const path = "assets/chunks/x.js";
  expect(run('export default "/__gleaner__/guide/x.html"', path, from)).toBe("/a/b/guide/x.html");
  expect(run(`export default \`/__gleaner__/assets/\${1 + 1}.js\``, path, from)).toBe("/a/b/assets/2.js");
  expect(run("export default ((e)=>'/__gleaner__/'+e)('y')", path, from)).toBe("/a/b/y");
  expect(run('const f=function(e){return"/__gleaner__/"+e};export default f(1)', "assets/x.js", "http://host/assets/x.js")).toBe("/1");
  const index = JSON.stringify(JSON.stringify({ ids: ["/__gleaner__/a.html#x", "/__gleaner__/b.html"] }));
  expect(run(`export default JSON.parse(${index}).ids[1]`, path, from)).toBe("/a/b/b.html");
});

test("a script without the placeholder stays as it is, and one that has it elsewhere is refused", () => {
  expect(relocateScript("export const a = 1;", "assets/a.js")).toBe("export const a = 1;");
  expect(() => relocateScript('import a from "/__gleaner__/b.js"', "assets/a.js")).toThrow(
    "assets/a.js: /__gleaner__/ stands where no expression can",
  );
  expect(() => relocateScript("/* /__gleaner__/ */", "assets/a.js")).toThrow("assets/a.js: /__gleaner__/ is in no string");
});

test("style sheets and pages lead up from where they are", () => {
  expect(relocateStyle("src:url(/__gleaner__/assets/f.woff2)", "assets/style.css")).toBe("src:url(../assets/f.woff2)");
  const page = (path: string): string =>
    relocatePage(
      '<a href="/__gleaner__/x.html">x</a><script>__VP_SITE_DATA__=JSON.parse("{\\"base\\":\\"/__gleaner__/\\"}")</script></body>',
      path,
    );
  expect(page("index.html")).toContain('href="./x.html"');
  expect(page("api/volumes/node.html")).toContain('href="../../x.html"');
  expect(() => relocatePage("<p>no page</p></body>", "x.html")).toThrow("x.html is no page of VitePress");
});
