import { Converter, ReflectionKind, Renderer } from "typedoc";
import { anchorsOf } from "./anchors.mjs";

/** @param {import("typedoc").Application} app */
export function load(app) {
  // A module is called as it is imported, without the scope: "froc/src" is "froc" and "froc/src/node" is "froc/node".
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, declaration) => {
    if (declaration.kindOf(ReflectionKind.Module)) declaration.name = declaration.name.replace(/\/src(?:\/index)?(?=\/|$)/, "");
  });
  // typedoc-plugin-markdown takes the method `snapshot` of `Curriculum` for a first heading `CurriculumSnapshot` and links to a second one.
  app.renderer.on(Renderer.EVENT_END_PAGE, (page) => {
    if (!page.contents) return;
    const anchors = anchorsOf(page.contents);
    page.contents = page.contents.replace(/\]\(#([\w-]+)-\d+\)/g, (link, first) =>
      !anchors.has(link.slice(3, -1)) && anchors.has(first) ? `](#${first})` : link,
    );
  });
}
