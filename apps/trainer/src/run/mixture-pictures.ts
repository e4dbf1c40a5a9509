import { applyObjectMix, drawMixPlan, drawObjectMix, type MixPlan, mixBatch, type ObjectMix, type ObjectPatch } from "@gleaner/augment";
import type * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import type { DataSplit } from "./data-split.js";
import type { Rectangle } from "./evaluation-slices.js";
import { type BatchPatch, drawLastBatch, type LastBatch } from "./last-batch.js";
import { diameterMmOf } from "./object-rule.js";
import { grayPlane, rectanglesOn } from "./picture-planes.js";
import { spacingOf } from "./prepare-volume.js";
import type { ScanStore } from "./prepared-scans.js";
import type { TrainedTeacher } from "./teacher-targets.js";

/** An object of a patch, and what was mixed into it. */
export interface MixedObject {
  /** Where the plane cuts it. */
  box: Rectangle | null;
  diameterMm: number;
  /** λ̃ of its own. */
  lambda: number;
  donor: BatchPatch & { diameterMm: number };
}

/** One plane of a patch before and after MixUp, for the report. */
export interface MixturePicture extends BatchPatch {
  partner: BatchPatch;
  /** λ̃ in ½..1, the weight of the patch itself. */
  lambda: number;
  size: number;
  spacingMm: number;
  /** Base64 of size × size bytes of gray: the patch, its partner, their mixture, and this with its objects mixed where it has any. */
  before: string;
  other: string;
  mixed: string;
  objectsMixed: string | null;
  objects: MixedObject[];
}

export interface MixturePictures {
  step: number;
  mixUp: Config["focalmix"]["mixUp"];
  /** η. */
  alpha: number;
  patches: MixturePicture[];
}

const shown = 4;

/** Patches of the last batch of a run of FocalMix before and after MixUp: those that it changed the most. */
export async function drawMixtures(teacher: TrainedTeacher, split: DataSplit, store: ScanStore): Promise<MixturePictures> {
  const { config, step } = teacher.detector;
  const { mixUp, mixUpAlpha: alpha } = config.focalmix;
  const { patch: size } = config.training;
  const batch = await drawLastBatch(teacher, split, store);
  try {
    // The order of the draws is that of training.
    const plan = drawMixPlan(batch.patches.length, alpha, batch.random);
    const [before, mixed] = await Promise.all([cubesOf(batch.voxels), mixedCubes(batch.voxels, plan)]);
    const patches = mixed.map((data, i): ObjectPatch => ({ data, shape: [size, size, size], boxes: batch.boxes[i]! }));
    const mixes = mixUp === "image+object" ? drawObjectMix(patches, alpha, batch.random) : [];
    const after = applyObjectMix(patches, mixes);
    const cubes = { before, mixed, after };
    const chosen = mostChanged(plan.lambdas, mixes);
    return { step, mixUp, alpha, patches: chosen.map((i) => pictureOf(i, config, batch, plan, mixes, cubes)) };
  } finally {
    batch.voxels.dispose();
  }
}

/** The patches with the lowest λ̃, their own or that of an object in them. */
function mostChanged(lambdas: ArrayLike<number>, mixes: readonly ObjectMix[]): number[] {
  const lowest = Float64Array.from(lambdas);
  for (const { patch, lambda } of mixes) lowest[patch] = Math.min(lowest[patch]!, lambda);
  return Array.from(lowest, (_, i) => i)
    .sort((a, b) => lowest[a]! - lowest[b]!)
    .slice(0, shown);
}

function pictureOf(
  i: number,
  { preprocessing, training: { patch: size } }: Config,
  { patches, boxes }: LastBatch,
  { lambdas, partners }: MixPlan,
  mixes: readonly ObjectMix[],
  cubes: Record<"before" | "mixed" | "after", Float32Array[]>,
): MixturePicture {
  const spacing = spacingOf(preprocessing);
  const partner = partners[i]!;
  const own = mixes.filter(({ patch }) => patch === i).sort((a, b) => a.lambda - b.lambda);
  const shownBox = own[0]?.box ?? [...boxes[i]!, ...boxes[partner]!];
  const z = shownBox.length > 0 ? middleOf(shownBox, size) : Math.floor(size / 2);
  const planeOf = (cube: Float32Array): string => grayPlane(cube, size, z);
  return {
    ...patches[i]!,
    partner: patches[partner]!,
    lambda: lambdas[i]!,
    size,
    spacingMm: spacing[2],
    before: planeOf(cubes.before[i]!),
    other: planeOf(cubes.before[partner]!),
    mixed: planeOf(cubes.mixed[i]!),
    objectsMixed: own.length > 0 ? planeOf(cubes.after[i]!) : null,
    objects: own.map(({ box, lambda, donorPatch, donorBox }) => ({
      box: rectanglesOn(box, z)[0]!,
      diameterMm: diameterMmOf(box, spacing),
      lambda,
      donor: { ...patches[donorPatch]!, diameterMm: diameterMmOf(donorBox, spacing) },
    })),
  };
}

/** The plane through the middle of the first of some boxes. */
const middleOf = (boxes: ArrayLike<number>, size: number): number =>
  Math.max(0, Math.min(size - 1, Math.round((boxes[0]! + boxes[3]!) / 2)));

async function mixedCubes(voxels: tf.Tensor5D, plan: MixPlan): Promise<Float32Array[]> {
  const { mixed } = mixBatch({ mixed: voxels }, plan);
  try {
    return await cubesOf(mixed);
  } finally {
    mixed.dispose();
  }
}

async function cubesOf(voxels: tf.Tensor5D): Promise<Float32Array[]> {
  const all = await voxels.data<"float32">();
  const length = all.length / voxels.shape[0];
  return Array.from({ length: voxels.shape[0] }, (_, i) => all.slice(i * length, (i + 1) * length));
}
