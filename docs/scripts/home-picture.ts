// Draws the picture of the first page from what the command gleaner wrote: a slice of a phantom that the detector has never seen, the nodules that are in it
// and the detector's marks. The run that the marks are of, and all commands, are at the end of docs/index.md. From docs:
//   pnpm exec tsx --conditions=@gleaner/source scripts/home-picture.ts PHANTOMS candidates.csv
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { type Volume, worldToVoxel } from "@gleaner/volumes";
import { type Candidate, type Finding, readCandidates, readLuna16, readVolume } from "@gleaner/volumes/node";
import { grayUri } from "../.vitepress/theme/live/png.js";

/** Marks below it are not shown, whatever they are: a detector gives a hundred a scan. */
const shownFrom = 0.5;
const windowOfPicture = [-1000, 400] as const;
/** How far from a mark's or nodule's center a slice still shows it, in mm; beyond its radius nothing of a nodule is to be seen. */
const reachMm = (finding: { diameterMm?: number }): number => Math.max(3, (finding.diameterMm ?? 8) / 2);

interface Spot {
  voxel: readonly [z: number, y: number, x: number];
  radius: number;
  probability?: number;
}

const [folder, table] = argv.slice(2);
if (!folder || !table) throw new Error("expected two arguments: the folder of a data set and a candidates.csv");
const candidates = readCandidates(table);
const { scans, annotations } = await readLuna16(folder);

const spots = (volume: Volume, all: readonly (Finding | Candidate)[]): Spot[] =>
  all.map((one) => ({
    voxel: worldToVoxel(volume, [one.x, one.y, one.z]) as [number, number, number],
    radius: ("diameterMm" in one ? one.diameterMm / 2 : 5) / volume.spacingMm[1],
    ...("probability" in one && { probability: one.probability }),
  }));

const distance = (a: Spot, b: Spot): number => Math.hypot(...a.voxel.map((value, axis) => value - b.voxel[axis]!));

/** The slice of all scans with the most nodules that were found, then the most that were not. */
let best: { volume: Volume; z: number; truth: Spot[]; marks: Spot[]; score: number } | undefined;
for (const scan of scans) {
  const volume = await readVolume(scan.path);
  const truth = spots(
    volume,
    annotations.filter((finding) => finding.scan === scan.id),
  );
  const marks = spots(
    volume,
    candidates.filter((candidate) => candidate.scan === scan.id && candidate.probability >= shownFrom),
  );
  for (let z = 0; z < volume.shape[0]; z++) {
    const near = (spot: Spot): boolean =>
      Math.abs(spot.voxel[0] - z) * volume.spacingMm[0] <= reachMm({ diameterMm: 2 * spot.radius * volume.spacingMm[1] });
    const here = { truth: truth.filter(near), marks: marks.filter(near) };
    const found = here.truth.filter((nodule) => here.marks.some((mark) => distance(nodule, mark) < nodule.radius + 2)).length;
    const score = 100 * found + here.truth.length;
    if (!best || score > best.score) best = { volume, z, ...here, score };
  }
}
if (!best) throw new Error(`${folder} has no scans`);

const { volume, z, truth, marks } = best;
const [, rows, columns] = volume.shape;
const [low, high] = windowOfPicture;
const slice = Array.from(volume.data.subarray(z * rows * columns, (z + 1) * rows * columns), (hu) => (hu - low) / (high - low));
const at = (value: number): string => (value + 0.5).toFixed(1);
const circle = ({ voxel, radius }: Spot): string =>
  `<circle cx="${at(voxel[2])}" cy="${at(voxel[1])}" r="${(radius + 1.5).toFixed(1)}" fill="none" stroke="#ffd24d" stroke-width=".8" stroke-dasharray="1.6 1.2"/>`;
const box = ({ voxel, radius, probability }: Spot): string =>
  `<rect x="${at(voxel[2] - radius - 2.5)}" y="${at(voxel[1] - radius - 2.5)}" width="${(2 * radius + 5).toFixed(1)}" height="${(2 * radius + 5).toFixed(1)}" fill="none" stroke="#6db4ff" stroke-width=".9"/><text x="${at(voxel[2] - radius - 2.5)}" y="${at(voxel[1] - radius - 4)}" fill="#6db4ff" font-size="4.5">${probability!.toFixed(2)}</text>`;
const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
const words = `A slice of a chest CT phantom: ${count(truth.length, "nodule")}, drawn dashed, and ${count(marks.length, "mark")} of the detector`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns} ${rows}" width="${4 * columns}" height="${4 * rows}" font-family="system-ui,sans-serif" role="img" aria-label="${words}"><image width="${columns}" height="${rows}" href="${grayUri(slice, [rows, columns])}"/>${truth.map(circle).join("")}${marks.map(box).join("")}</svg>\n`;
writeFileSync(join(import.meta.dirname, "../public/home.svg"), svg);
console.log(words);
