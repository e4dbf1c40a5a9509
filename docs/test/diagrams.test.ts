import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { map } from "../../scripts/map.mjs";
import { packageDiagram } from "../scripts/package-diagram.js";
import { scanRoad } from "../scripts/scan-road.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the diagram has every package once, an arrow for each import, and says them in words", () => {
  const diagram = packageDiagram();
  for (const name of Object.keys(map)) expect(diagram.split(`data-package="${name}"`)).toHaveLength(2);
  const arrows = Object.values(map).reduce((sum, { ours, optional = [] }) => sum + ours.length + optional.length, 0);
  expect(diagram.split('class="map-line')).toHaveLength(arrows + 1);
  expect(diagram).toContain("methods imports losses, augment, curriculum");
  // Markdown ends an HTML block at an empty line, and Vue reads braces.
  expect(diagram.slice(0, diagram.indexOf("</svg>"))).not.toMatch(/\n\s*\n|\{\{/);
});

test("boxes of the diagram do not overlap and are inside of it", () => {
  const diagram = packageDiagram();
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(diagram)!.map(Number);
  const boxes = [...diagram.matchAll(/<rect [^>]*x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map((match) =>
    match.slice(1).map(Number),
  );
  for (const [i, [x, y, w, h]] of boxes.entries()) {
    expect(x! >= 0 && y! >= 0 && x! + w! <= width! && y! + h! <= height!).toBe(true);
    for (const [x2, y2, w2, h2] of boxes.slice(i + 1))
      expect(x! + w! <= x2! || x2! + w2! <= x! || y! + h! <= y2! || y2! + h2! <= y!).toBe(true);
  }
});

test("the road of a scan names what the sources import, and refuses what they do not", () => {
  expect(scanRoad(root, "./").split("<li>").length).toBeGreaterThan(8);
  expect(() => scanRoad(root, "./", [{ does: "Read", gives: "a scan", functions: { volumes: ["readVolumes"] } }])).toThrow(
    "the road of a scan names readVolumes of volumes, which nothing imports",
  );
});
