import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Converter, ReflectionKind, Renderer } from "typedoc";
import { anchorsOf } from "./anchors.mjs";

/** @param {import("typedoc").Application} app */
export function load(app) {
  // A module is called as it is imported, without the scope: "froc/src" is "froc" and "froc/src/node" is "froc/node".
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, declaration) => {
    if (declaration.kindOf(ReflectionKind.Module)) declaration.name = declaration.name.replace(/\/src(?:\/index)?(?=\/|$)/, "");
  });
  // typedoc-plugin-markdown takes the method `snapshot` of `Curriculum` for a first heading `CurriculumSnapshot` and links to a second one, from other
  // pages too, so this waits for all of them.
  app.renderer.on(Renderer.EVENT_END, ({ outputDirectory }) => {
    const names = readdirSync(outputDirectory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
    const pages = new Map(names.map((name) => [join(outputDirectory, name), readFileSync(join(outputDirectory, name), "utf8")]));
    const anchors = new Map([...pages].map(([path, text]) => [path, anchorsOf(text)]));
    for (const [path, text] of pages) {
      const mended = text.replace(/\]\(([\w./-]*)#([\w-]+)-\d+\)/g, (link, page, first) => {
        const there = anchors.get(page === "" ? path : join(dirname(path), page));
        return there?.has(first) && !there.has(link.slice(link.indexOf("#") + 1, -1)) ? `](${page}#${first})` : link;
      });
      if (mended !== text) writeFileSync(path, mended);
    }
  });
}
