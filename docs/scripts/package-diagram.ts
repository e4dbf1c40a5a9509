import { map } from "../../scripts/map.mjs";

/** What draws a package's box: its name, where it stands, and which engine it needs. */
interface Box {
  name: string;
  row: number;
  x: number;
  engine: "none" | "tfjs" | "node";
}

const [boxWidth, boxHeight, gap, rowGap, edge] = [118, 34, 12, 84, 8];

/** How many packages of ours lie below one, on the longest way down. */
const depthOf = (name: string): number => {
  const { ours, optional = [] } = map[name]!;
  return Math.max(0, ...[...ours, ...optional].map((below) => 1 + depthOf(below)));
};

const engineOf = (name: string): Box["engine"] => {
  const { peers, platform } = map[name]!;
  return platform === "node" ? "node" : peers.length > 0 ? "tfjs" : "none";
};

const importsOf = (name: string): string[] => [...map[name]!.ours, ...(map[name]!.optional ?? [])];

/** Rows by depth; below a package stand those that it imports, and at the bottom those that nothing of ours imports either. */
function layOut(): { boxes: Box[]; width: number; rows: number } {
  const names = Object.keys(map);
  const isAlone = (name: string): boolean => importsOf(name).length === 0 && !names.some((other) => importsOf(other).includes(name));
  const rows: string[][] = [names.filter(isAlone)];
  for (const name of names.filter((one) => !isAlone(one))) (rows[depthOf(name) + 1] ??= []).push(name);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const importersOf = (name: string): number[] => rows[2]!.flatMap((above, i) => (importsOf(above).includes(name) ? [i] : []));
  rows[1]!.sort((a, b) => mean(importersOf(a)) - mean(importersOf(b)));
  const widest = Math.max(...rows.map((row) => row.length));
  const width = 2 * edge + widest * boxWidth + (widest - 1) * gap;
  const boxes = rows.flatMap((row, r) => {
    const space = (width - 2 * edge + gap) / row.length;
    return row.map((name, i) => ({ name, row: r, engine: engineOf(name), x: edge + i * space + (space - gap - boxWidth) / 2 }));
  });
  return { boxes, width, rows: rows.length };
}

/**
 * The packages and what each imports, as SVG in Markdown, drawn from scripts/map.mjs, to which scripts/check-shape.mjs holds the code. No links in it:
 * VitePress fetches the targets of links ahead, and fails at those in SVG.
 */
export function packageDiagram(): string {
  const { boxes, width, rows } = layOut();
  // Nothing leads to the lowest row, so it stands closer.
  const top = (row: number): number => edge + boxHeight + 40 + (rows - 1 - row) * rowGap - (row === 0 ? 32 : 0);
  const height = top(0) + boxHeight + edge;
  const byName = new Map(boxes.map((box) => [box.name, box]));
  const line = (from: Box, to: Box, isOptional: boolean): string => {
    const [x0, y0, x1, y1] = [from.x + boxWidth / 2, top(from.row) + boxHeight, to.x + boxWidth / 2, top(to.row)];
    const middle = (y0 + y1) / 2;
    return `<path class="map-line${isOptional ? " map-optional" : ""}" d="M${x0} ${y0}C${x0} ${middle} ${x1} ${middle} ${x1} ${y1 - 5}" marker-end="url(#map-arrow)"/>`;
  };
  const lines = boxes.flatMap((box) => {
    const { ours, optional = [] } = map[box.name]!;
    return [...ours.map((to) => line(box, byName.get(to)!, false)), ...optional.map((to) => line(box, byName.get(to)!, true))];
  });
  const drawn = boxes.map(
    ({ name, x, row, engine }) =>
      `<g data-package="${name}"><rect class="map-box map-${engine}" x="${x}" y="${top(row)}" width="${boxWidth}" height="${boxHeight}" rx="5"/><text x="${x + boxWidth / 2}" y="${top(row) + 21}" text-anchor="middle">${name}</text></g>`,
  );
  const app = `<rect class="map-box map-app" x="${edge}" y="${edge}" width="${width - 2 * edge}" height="${boxHeight}" rx="5"/><text x="${width / 2}" y="${edge + 21}" text-anchor="middle">apps/trainer, the command gleaner: imports all of them</text>`;
  const words = boxes
    .filter(({ name }) => importsOf(name).length > 0)
    .map(({ name }) => {
      const { ours, optional = [] } = map[name]!;
      return `${name} imports ${[...ours, ...optional.map((one) => `${one} where it is installed`)].join(", ")}`;
    });
  return `<div class="map" tabindex="0" role="group" aria-label="Diagram of the packages">
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="map-title map-words">
<title id="map-title">The packages and what they import of each other</title>
<desc id="map-words">${words.join("; ")}. The others import nothing of ours.</desc>
<defs><marker id="map-arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="map-head" d="M0 0L8 4L0 8z"/></marker></defs>
${[app, ...lines, ...drawn].join("\n")}
</svg>
</div>

<p class="map-legend"><span class="map-none">no engine</span> <span class="map-tfjs">on TensorFlow.js, which you install beside it</span> <span class="map-node">Node only</span> <span>dashed: used where it is installed</span></p>
`;
}
