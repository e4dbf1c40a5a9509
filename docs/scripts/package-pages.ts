import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { map } from "../../scripts/map.mjs";
import { packageDiagram } from "./package-diagram.js";

/** The pages of the packages: an overview, and for each package its README with links that hold on the site. */
export function packagePages(root: string): Record<string, string> {
  const names = Object.keys(map);
  const pages = names.map((name) => [`packages/${name}.md`, pageOf(name, root)]);
  return { "packages/index.md": overview(names), ...Object.fromEntries(pages) };
}

function overview(names: readonly string[]): string {
  const rows = names.map((name) => {
    const { job, ours, peers, platform } = map[name]!;
    const needs = [...peers.map((peer) => peer.replace("@tensorflow/", "")), ...ours].join(", ");
    return `| [@gleaner/${name}](./${name}.md) | ${job} | ${needs || "nothing"} | ${platform === "node" ? "Node" : "Node, browser"} |`;
  });
  return `# The packages

Every package can be installed alone, as ES modules and CommonJS with types. Importing one does nothing: no backend is registered, no state is kept. What needs Node is behind \`./node\`, so that the rest runs in a page.

${packageDiagram()}
| package | its one job | needs | runs in |
| --- | --- | --- | --- |
${rows.join("\n")}

Arrays are \`[z, y, x]\`, tensors \`[batch, z, y, x, channel]\`, world coordinates \`[x, y, z]\` in mm (LPS). Random draws come from a \`random: () => number\` argument.
`;
}

function pageOf(name: string, root: string): string {
  const home = join("packages", name);
  const [title, ...rest] = readFileSync(join(root, home, "README.md"), "utf8").split("\n");
  const entries = [`[${name}](../api/${name}.md)`];
  if (existsSync(join(root, home, "src/node.ts"))) entries.push(`[${name}/node](../api/${name}/node.md)`);
  const text = linksOnSite(rest.join("\n"), home);
  return `${title}\n\nAPI reference: ${entries.join(", ")}.\n${text}`;
}

/** Relative links of a README lead to other packages or to files of the repository; the site has pages for the former only. */
function linksOnSite(text: string, home: string): string {
  return text.replace(/\]\((?!https?:|#|mailto:)([^)\s]+)\)/g, (link, target: string) => {
    const [path, anchor] = target.split("#") as [string, string?];
    const other = /^packages\/([\w-]+)(?:\/(?:README\.md)?)?$/.exec(join(home, path))?.[1];
    if (!other || !Object.hasOwn(map, other)) throw new Error(`${home}/README.md: ${link} leads to no page of the site`);
    return `](./${other}.md${anchor === undefined ? "" : `#${anchor}`})`;
  });
}
