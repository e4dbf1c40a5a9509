import { map } from "../../scripts/map.mjs";

/** What draws a package's box: its name, where it stands, and which engine it needs. */
interface Box {
  name: string;
  row: number;
  x: number;
  engine: "none" | "tfjs" | "node";
}

const [boxWidth, boxHeight, gap, rowGap, edge] = [86, 34, 8, 92, 8];

/** How many packages of ours lie below one, on the longest way down. */
const depthOf = (name: string): number => {
  const { ours, optional = [] } = map[name]!;
  return Math.max(0, ...[...ours, ...optional].map((below) => 1 + depthOf(below)));
};

const engineOf = (name: string): Box["engine"] => {
  const { peers, platform } = map[name]!;
  return platform === "node" ? "node" : peers.length > 0 ? "tfjs" : "none";
};

/** Rows by depth, the deepest at the bottom; below a package stand those that it imports. */
function layOut(): { boxes: Box[]; width: number; rows: number } {
  const rows: string[][] = [];
  for (const name of Object.keys(map)) (rows[depthOf(name)] ??= []).push(name);
  const importersOf = (name: string): number[] =>
    rows
      .slice(1)
      .flatMap((row) => row.flatMap((above, i) => ([...map[above]!.ours, ...(map[above]!.optional ?? [])].includes(name) ? [i] : [])));
  const mean = (values: readonly number[]): number =>
    values.length === 0 ? 99 : values.reduce((sum, value) => sum + value, 0) / values.length;
  rows[0]!.sort((a, b) => mean(importersOf(a)) - mean(importersOf(b)));
  const widest = Math.max(...rows.map((row) => row.length));
  const width = 2 * edge + widest * boxWidth + (widest - 1) * gap;
  const boxes = rows.flatMap((row, r) => {
    // The lowest row stands side by side; each above is spread over what it imports.
    const space = (width - 2 * edge) / (r === 0 ? widest : row.length + 1);
    return row.map((name, i) => ({
      name,
      row: r,
      engine: engineOf(name),
      x: edge + (r === 0 ? i * (boxWidth + gap) : i * space + space / 4),
    }));
  });
  return { boxes, width, rows: rows.length };
}

/**
 * The packages and what each imports, as SVG in Markdown, drawn from scripts/map.mjs, to which scripts/check-shape.mjs holds the code.
 *
 * @param toPackages the way from the page to the pages of the packages, such as "./"
 */
export function packageDiagram(toPackages: string): string {
  const { boxes, width, rows } = layOut();
  const top = (row: number): number => edge + boxHeight + rowGap * 0.5 + (rows - 1 - row) * rowGap;
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
      `<a href="${toPackages}${name}.html" aria-label="@gleaner/${name}"><rect class="map-box map-${engine}" x="${x}" y="${top(row)}" width="${boxWidth}" height="${boxHeight}" rx="5"/><text x="${x + boxWidth / 2}" y="${top(row) + 21}" text-anchor="middle">${name}</text></a>`,
  );
  const app = `<rect class="map-box map-app" x="${edge}" y="${edge}" width="${width - 2 * edge}" height="${boxHeight}" rx="5"/><text x="${width / 2}" y="${edge + 21}" text-anchor="middle">apps/trainer, the command gleaner: imports all of them</text>`;
  const words = boxes
    .filter(({ row }) => row > 0)
    .map(({ name }) => {
      const { ours, optional = [] } = map[name]!;
      return `${name} imports ${[...ours, ...optional.map((one) => `${one} where it is installed`)].join(", ")}`;
    });
  return `<div class="map" tabindex="0" role="group" aria-label="Diagram of the packages">
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-labelledby="map-title map-words">
<title id="map-title">The packages and what they import of each other</title>
<desc id="map-words">${words.join("; ")}. The others import nothing of ours.</desc>
<defs><marker id="map-arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="map-head" d="M0 0L8 4L0 8z"/></marker></defs>
${[app, ...lines, ...drawn].join("\n")}
</svg>
</div>

<p class="map-legend"><span class="map-none">no engine</span> <span class="map-tfjs">on TensorFlow.js, which you install beside it</span> <span class="map-node">Node only</span> <span>dashed: used where it is installed</span></p>
`;
}
