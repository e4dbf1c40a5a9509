import { type Finding, worldToVoxel } from "@gleaner/volumes";
import type { Scan } from "./data-split.js";
import type { PreparedScan } from "./prepared-scans.js";
import type { Mark } from "./trained-detector.js";

/** Corners `[x0, y0, x1, y1]` on a slice, in pixels whose centers are whole numbers. */
export type Rectangle = [number, number, number, number];

/** A square cut from one slice of a scan, for the report: 8-bit gray in the lung window, with what is drawn on it. */
export interface Slice {
  kind: "hit" | "miss" | "false positive";
  scan: string;
  /** World coordinates in mm. */
  world: [number, number, number];
  diameterMm: number | null;
  /** Of the mark; null for a nodule without one. */
  probability: number | null;
  /** Edge in pixels, and mm a pixel. */
  size: number;
  spacingMm: number;
  /** Base64 of size × size bytes, rows from anterior to posterior. */
  pixels: string;
  truth: Rectangle | null;
  mark: Rectangle | null;
}

const distance = (a: { x: number; y: number; z: number }, b: { x: number; y: number; z: number }): number =>
  Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
const radiusOf = (finding: Finding): number => (finding.diameterMm < 0 ? 5 : finding.diameterMm / 2);

/** Wide enough for the largest nodule and what is around it. */
const sliceMm = 60;

/** The best hits, the missed or lowest nodules and the highest false positives, a few of each. */
export async function cutSlices(
  scans: readonly Scan[],
  marksOf: ReadonlyMap<string, readonly Mark[]>,
  findings: readonly Finding[],
  excluded: readonly Finding[],
  get: (scan: Scan) => Promise<PreparedScan>,
  windowHu: readonly [number, number],
  each = 6,
): Promise<Slice[]> {
  const best = findings.map((finding) => {
    const inside = (marksOf.get(finding.scan) ?? []).filter((mark) => distance(mark, finding) < radiusOf(finding));
    return { finding, mark: inside.sort((a, b) => b.probability - a.probability)[0] };
  });
  const byScore = best.sort((a, b) => (b.mark?.probability ?? -1) - (a.mark?.probability ?? -1));
  const hits = byScore.filter(({ mark }) => mark).slice(0, each);
  const weakest = byScore.slice(hits.length).slice(-each).reverse();
  const known = [...findings, ...excluded];
  const falsePositives = [...marksOf]
    .flatMap(([scan, marks]) => marks.map((mark) => ({ scan, mark })))
    .filter(({ scan, mark }) => !known.some((finding) => finding.scan === scan && distance(mark, finding) < radiusOf(finding)))
    .sort((a, b) => b.mark.probability - a.mark.probability)
    .slice(0, each);
  const byId = new Map(scans.map((scan) => [scan.id, scan]));
  const slices: Slice[] = [];
  const cut = async (kind: Slice["kind"], scan: string, finding: Finding | undefined, mark: Mark | undefined): Promise<void> => {
    slices.push(cutSlice(await get(byId.get(scan)!), kind, finding, mark, windowHu));
  };
  for (const { finding, mark } of [...hits, ...weakest]) await cut(mark ? "hit" : "miss", finding.scan, finding, mark);
  for (const { scan, mark } of falsePositives) await cut("false positive", scan, undefined, mark);
  return slices;
}

function cutSlice(
  prepared: PreparedScan,
  kind: Slice["kind"],
  finding: Finding | undefined,
  mark: Mark | undefined,
  [low, high]: readonly [number, number],
): Slice {
  const { volume } = prepared;
  const at = (finding ?? mark)!;
  const size = Math.round(sliceMm / volume.spacingMm[2]);
  const center = worldToVoxel(volume, [at.x, at.y, at.z]).map(Math.round) as [number, number, number];
  const [, height, width] = volume.shape;
  const z = Math.max(0, Math.min(volume.shape[0] - 1, center[0]));
  // Near an edge the square is moved into the scan, which shows more of it.
  const start = (middle: number, extent: number): number =>
    extent < size ? Math.floor((extent - size) / 2) : Math.max(0, Math.min(extent - size, middle - Math.floor(size / 2)));
  const y0 = start(center[1], height);
  const x0 = start(center[2], width);
  const pixels = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const y = y0 + row;
      const x = x0 + column;
      if (y < 0 || x < 0 || y >= height || x >= width) continue;
      const hu = volume.data[(z * height + y) * width + x]!;
      pixels[row * size + column] = Math.max(0, Math.min(255, Math.round(((hu - low) / (high - low)) * 255)));
    }
  }
  const square = (p: { x: number; y: number; z: number }, heightMm: number, widthMm: number): Rectangle => {
    const [, y, x] = worldToVoxel(volume, [p.x, p.y, p.z]);
    const [halfY, halfX] = [heightMm / 2 / volume.spacingMm[1], widthMm / 2 / volume.spacingMm[2]];
    return [x - halfX - x0, y - halfY - y0, x + halfX - x0, y + halfY - y0];
  };
  const diameter = finding && 2 * radiusOf(finding);
  return {
    kind,
    scan: prepared.id,
    world: [at.x, at.y, at.z],
    diameterMm: diameter ?? null,
    probability: mark?.probability ?? null,
    size,
    spacingMm: volume.spacingMm[2],
    pixels: Buffer.from(pixels).toString("base64"),
    truth: finding ? square(finding, diameter!, diameter!) : null,
    mark: mark ? square(mark, mark.sizeMm[1], mark.sizeMm[2]) : null,
  };
}
