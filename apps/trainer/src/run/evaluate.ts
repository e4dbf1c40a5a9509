import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { diameterBand, evaluateFroc, type FrocInput, type FrocResult, stratifyByFinding } from "@gleaner/froc";
import { type Finding, worldToVoxel } from "@gleaner/volumes";
import { inputError } from "../errors.js";
import { candidatesOf, writeCandidates } from "./candidates-file.js";
import { resolveSplit, type Scan } from "./data-split.js";
import { createScanStore, type PreparedScan } from "./prepared-scans.js";
import { runFiles, validationFolder, writeJsonFile } from "./run-folder.js";
import { loadTrainedDetector, type Mark } from "./trained-detector.js";

/** A square cut from one slice of a scan, for the report: 8-bit gray in the lung window, with what is drawn on it in pixels `[x0, y0, x1, y1]`. */
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
  truth: [number, number, number, number] | null;
  mark: [number, number, number, number] | null;
}

/** What was found of the nodules of one band of diameters. */
export interface SizeBand {
  name: string;
  nodules: number;
  /** With any score. */
  found: number;
  /** Sensitivity at one false positive per scan. */
  sensitivityAt1: number;
}

export interface EvaluateOptions {
  run: string;
  /** Which held-out scans: those that settings are chosen by, or those that are looked at last; the latter unless told. */
  part?: "validation" | "test";
  preparedFolder: string;
  signal?: AbortSignal;
  onScan?: (done: number, total: number) => void;
}

export interface EvaluateResult {
  run: string;
  step: number;
  froc: FrocResult;
  bySize: SizeBand[];
}

/** Detects on held-out scans of a run and judges the candidates by LUNA16's rules; writes everything under `evaluation/` or `validation/`. */
export async function evaluate({ run, part = "test", preparedFolder, signal, onScan }: EvaluateOptions): Promise<EvaluateResult> {
  const detector = loadTrainedDetector(run);
  const { config } = detector;
  const source = join(run, runFiles.config);
  const split = await resolveSplit(config, { source, folder: preparedFolder, savedIn: run, ...(signal && { signal }) });
  const scans = split[part];
  if (config.data[part] === 0 || scans.length === 0)
    throw inputError(`${source}: data.${part} names no scan; expected at least one to evaluate on`);
  const store = createScanStore(config.preprocessing, preparedFolder);
  const marksOf = new Map<string, Mark[]>();
  try {
    for (const [i, scan] of scans.entries()) {
      signal?.throwIfAborted();
      marksOf.set(scan.id, await detector.detect(await store.get(scan), signal ? { signal } : {}));
      onScan?.(i + 1, scans.length);
    }
  } finally {
    detector.dispose();
  }
  const tested = new Set(scans.map((scan) => scan.id));
  const findings = split.findings.filter((finding) => tested.has(finding.scan));
  const excluded = split.excluded.filter((finding) => tested.has(finding.scan));
  const candidates = [...marksOf].flatMap(([scan, marks]) => candidatesOf(scan, marks));
  const input = { scans: [...tested], findings, excluded, candidates };
  const froc = evaluateFroc(input);
  const bySize = judgeBySize(input);
  const slices = await cutSlices(scans, marksOf, findings, excluded, (scan) => store.get(scan), config.preprocessing.windowHu);

  const folder = join(run, part === "test" ? runFiles.evaluation : validationFolder);
  mkdirSync(folder, { recursive: true });
  writeCandidates(join(folder, "candidates.csv"), candidates);
  writeJsonFile(join(folder, "slices.json"), slices);
  writeJsonFile(join(folder, "froc.json"), { step: detector.step, ...froc, bySize });
  return { run, step: detector.step, froc, bySize };
}

/** By bands of diameters, the smallest first. */
export function judgeBySize(input: FrocInput): SizeBand[] {
  const smallestFirst = { ...input, findings: [...input.findings].sort((a, b) => a.diameterMm - b.diameterMm) };
  return stratifyByFinding(smallestFirst, diameterBand([6, 10])).map(({ name, result }) => ({
    name,
    nodules: result.nodules,
    found: result.truePositives,
    // Of a band of which nothing is found the official script gives no curve.
    sensitivityAt1: result.truePositives === 0 ? 0 : result.sensitivity["1"],
  }));
}

const distance = (a: { x: number; y: number; z: number }, b: { x: number; y: number; z: number }): number =>
  Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
const radiusOf = (finding: Finding): number => (finding.diameterMm < 0 ? 5 : finding.diameterMm / 2);

/** Wide enough for the largest nodule and what is around it. */
const sliceMm = 60;

/** The best hits, the missed or lowest nodules and the highest false positives, a few of each. */
async function cutSlices(
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
  const square = (p: { x: number; y: number; z: number }, heightMm: number, widthMm: number): [number, number, number, number] => {
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
