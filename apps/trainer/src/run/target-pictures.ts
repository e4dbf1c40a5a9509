import { createRandom, createShuffledPasses, type Random } from "@gleaner/training";
import { boxesInRegion, boxesOfFindings, voxelToWorld, worldToVoxel } from "@gleaner/volumes";
import type { Config } from "../config.js";
import { type LocationValues, locationMaxima } from "./anchor-locations.js";
import type { DataSplit, Scan } from "./data-split.js";
import type { Rectangle } from "./evaluation-slices.js";
import { cutCube, drawStart } from "./patches.js";
import { grayPlane, rectanglesOn, startAround } from "./picture-planes.js";
import type { ScanStore } from "./prepared-scans.js";
import type { TrainedTeacher } from "./teacher-targets.js";

/** One plane of an unlabeled patch with what the teacher makes of it, for the report. */
export interface TargetPicture {
  /** Whether the patch lies around the teacher's best mark of its scan, or was drawn anywhere. */
  choice: "confident" | "random";
  scan: string;
  /** World coordinates in mm of the middle of the plane. */
  world: [number, number, number];
  /** Edge in pixels, and mm a pixel. */
  size: number;
  spacingMm: number;
  /** Base64 of size × size bytes of gray. */
  pixels: string;
  /** Rows and columns of the locations of anchors. */
  grid: [number, number];
  /** The mean of the views and the target made of it, the highest over the anchors of each location. */
  mean: number[];
  target: number[];
  /** The annotated nodules that the plane cuts; null if no nodule of the scan is annotated. */
  truth: Rectangle[] | null;
}

export interface TargetPictures {
  step: number;
  method: Config["method"];
  /** K. */
  views: number;
  /** T of the sharpening; null where targets are hard. */
  temperature: number | null;
  patches: TargetPicture[];
}

type Triple = [number, number, number];

interface Place {
  choice: TargetPicture["choice"];
  scan: Scan;
  start: Triple;
}

/** Of each kind. */
const each = 3;

/** What the teacher of a trained run makes of some unlabeled patches, drawn by the run's seed: around its best marks, and anywhere. */
export async function drawTargets(
  teacher: TrainedTeacher,
  split: DataSplit,
  store: ScanStore,
  signal?: AbortSignal,
): Promise<TargetPictures> {
  const { config, step } = teacher.detector;
  const { method, focalmix } = config;
  const random = createRandom(config.seed).fork("pictures").fork("targets");
  const patches: TargetPicture[] = [];
  for (const place of await choosePlaces(teacher, split.unlabeled, store, random, signal)) {
    signal?.throwIfAborted();
    patches.push(await drawPlace(place, teacher, split, store, random.fork(patches.length)));
  }
  const isFocalMix = method === "focalmix";
  return { step, method, views: isFocalMix ? focalmix.views : 1, temperature: isFocalMix ? focalmix.temperature : null, patches };
}

/** Around the best mark of each of a few scans, then anywhere in others. */
async function choosePlaces(
  { detector }: TrainedTeacher,
  unlabeled: readonly Scan[],
  store: ScanStore,
  random: Random,
  signal?: AbortSignal,
): Promise<Place[]> {
  const { patch: size } = detector.config.training;
  const scans = Array.from(createShuffledPasses(unlabeled.length, random.fork("scans"))(0, 2 * each), (place) => unlabeled[place]!);
  const places: Place[] = [];
  for (const scan of scans.slice(0, Math.min(each, unlabeled.length))) {
    signal?.throwIfAborted();
    const prepared = await store.get(scan);
    const [best] = await detector.detect(prepared, signal ? { signal } : {});
    if (!best) continue;
    const voxel = worldToVoxel(prepared.volume, [best.x, best.y, best.z]);
    places.push({ choice: "confident", scan, start: startAround(voxel, size, prepared.volume) });
  }
  const stream = random.fork("starts");
  for (const scan of scans.slice(each)) {
    const { shape } = (await store.open(scan)).grid;
    places.push({ choice: "random", scan, start: drawStart(shape, size, stream) });
  }
  return places;
}

/** The plane through the highest mean of a patch. */
async function drawPlace(
  { choice, scan, start }: Place,
  { detector: { config, network }, targetsFor }: TrainedTeacher,
  { findings }: DataSplit,
  store: ScanStore,
  random: Random,
): Promise<TargetPicture> {
  const { patch: size } = config.training;
  const opened = await store.open(scan);
  const voxels = await cutCube(opened, start, size, config.preprocessing.windowHu);
  const made = targetsFor(voxels, random);
  const grid = network.gridOf([size, size, size]);
  const [mean, target] = [locationMaxima(made.mean, grid), locationMaxima(made.target, grid)];
  const [planes, rows, columns] = mean.shape;
  const highest = mean.values.reduce((most, value) => Math.max(most, value), 0);
  const plane = Math.floor(mean.values.indexOf(highest) / (rows * columns));
  // The middle of a plane of locations, which is between two slices where the stride is even.
  const z = Math.floor(((plane + 0.5) * size) / planes);
  const ofScan = findings.filter((finding) => finding.scan === scan.id);
  const nodules = boxesInRegion(boxesOfFindings(opened.grid, ofScan), { start, shape: [size, size, size] });
  const onPlane = ({ values }: LocationValues): number[] =>
    Array.from(values.subarray(plane * rows * columns, (plane + 1) * rows * columns), (value) => Number(value.toFixed(4)));
  return {
    choice,
    scan: scan.id,
    world: voxelToWorld(opened.grid, [start[0] + z, start[1] + (size - 1) / 2, start[2] + (size - 1) / 2]),
    size,
    spacingMm: opened.grid.spacingMm[2],
    pixels: grayPlane(voxels, size, z),
    grid: [rows, columns],
    mean: onPlane(mean),
    target: onPlane(target),
    truth: ofScan.length === 0 ? null : rectanglesOn(nodules, z).filter((rectangle) => rectangle !== null),
  };
}
