// Writes the made-up submission of the live page FROC explorer: from docs,
//   pnpm exec tsx --conditions=@gleaner/source scripts/make-froc-example.ts
// Sixteen scans that never were, and the marks of a detector with habits: it finds large nodules early and small ones late, marks some of them
// twice, marks vessels that readers left out, and goes wild on one scan.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRandom } from "@gleaner/training";

const random = createRandom(16);
const between = (low: number, high: number): number => low + (high - low) * random();
const scans = Array.from({ length: 16 }, (_, i) => `scan-${String(i + 1).padStart(2, "0")}`);
/** The scan on which the detector goes wild: more than 100 marks. */
const wild = "scan-11";

interface Place {
  scan: string;
  at: [number, number, number];
}

interface Nodule extends Place {
  diameterMm: number;
  /** The best score that the detector gives; nothing if it misses it. */
  score?: number;
}

const diameters: [scan: number, diameterMm: number, score?: number][] = [
  [1, 18.4, 0.97],
  [1, 5.2, 0.62],
  [2, 11.6, 0.93],
  [3, 7.1, 0.81],
  [4, 4.3],
  [5, 14.9, 0.95],
  [5, 6.4, 0.58],
  [6, 5.8, 0.44],
  [7, 9.7, 0.9],
  [8, 4.8, 0.23],
  [9, 22.3, 0.98],
  [10, 6.9, 0.72],
  [11, 8.2, 0.88],
  [11, 4.6, 0.24],
  [13, 5.5, 0.37],
  [13, 12.7, 0.91],
  [14, 4.1],
  [16, 6.1, 0.52],
];

/** Somewhere in the lungs, in mm, away from everything that is there. */
function place(scan: string, taken: readonly Place[]): Place {
  for (;;) {
    const side = random() < 0.5 ? -1 : 1;
    const at: [number, number, number] = [side * between(35, 110), between(-70, 70), between(-250, -40)];
    const near = taken.some((other) => other.scan === scan && Math.hypot(...at.map((c, i) => c - other.at[i]!)) < 28);
    if (!near) return { scan, at };
  }
}

const nodules: Nodule[] = [];
for (const [scan, diameterMm, score] of diameters)
  nodules.push({ ...place(scans[scan - 1]!, nodules), diameterMm, ...(score === undefined ? {} : { score }) });
// What single readers marked: neither right nor wrong. -1 stands for a size that nobody measured.
const excluded: Nodule[] = [];
for (const [scan, diameterMm] of [
  [2, -1],
  [4, 3.4],
  [6, -1],
  [7, 5.0],
  [12, -1],
  [12, 6.2],
  [15, -1],
] as const)
  excluded.push({ ...place(scans[scan - 1]!, [...nodules, ...excluded]), diameterMm });

const marks: { scan: string; at: readonly number[]; probability: number }[] = [];
/** A mark so many mm off a place. */
function mark({ scan, at }: Place, offMm: number, probability: number): void {
  const direction = at.map(() => between(-1, 1));
  const length = Math.hypot(...direction) || 1;
  marks.push({ scan, at: at.map((c, i) => c + (direction[i]! / length) * offMm), probability });
}

for (const nodule of nodules) {
  if (nodule.score === undefined) continue;
  const radius = nodule.diameterMm / 2;
  mark(nodule, between(0, 0.5) * radius, nodule.score);
  // Large nodules get a second mark, the largest a third.
  for (let more = 1; nodule.diameterMm > 8 * more && more < 3; more++)
    mark(nodule, between(0.4, 0.85) * radius, nodule.score * between(0.5, 0.85));
}
// Vessels and scars that a reader marked too.
for (const [i, probability] of [0.86, 0.35, 0.78, 0.67, 0.84, 0.3].entries()) mark(excluded[i]!, between(0, 1), probability);
const known = [...nodules, ...excluded];
for (const scan of scans) {
  if (scan === wild) continue;
  // Mostly faint false positives, now and then a bold one.
  const count = Math.floor(between(3, 8));
  for (let i = 0; i < count; i++) mark(place(scan, known), 0, between(0.02, 1) ** 3.2 * 0.92);
}
// Motion: this scan alone spends what a rate of 4 false positives a scan allows to all of them.
for (let i = 0; i < 112; i++) mark(place(wild, known), 0, i < 106 ? between(0.26, 0.6) : between(0.05, 0.2));

const number = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
const row = ({ scan, at }: { scan: string; at: readonly number[] }, last: string): string =>
  `${[scan, ...at.map((c) => number(c, 1)), last].join(",")}\n`;
const findings = (list: readonly Nodule[]): string =>
  `seriesuid,coordX,coordY,coordZ,diameter_mm\n${list.map((one) => row(one, String(one.diameterMm))).join("")}`;
const byScan = marks.sort((p, q) => p.scan.localeCompare(q.scan) || q.probability - p.probability);

const folder = new URL("../live/froc-example/", import.meta.url);
mkdirSync(folder, { recursive: true });
const write = (name: string, text: string): void => writeFileSync(new URL(name, folder), text);
write("seriesuids.csv", scans.map((scan) => `${scan}\n`).join(""));
write("annotations.csv", findings(nodules));
write("annotations_excluded.csv", findings(excluded));
write(
  "candidates.csv",
  `seriesuid,coordX,coordY,coordZ,probability\n${byScan.map((one) => row(one, number(one.probability, 3))).join("")}`,
);
