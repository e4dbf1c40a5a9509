import type { CtAugment, Policy } from "@gleaner/augment";
import type { ClassificationBatch, ClassificationMethod } from "@gleaner/methods";
import { createShuffledPasses, type Random } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { joined, makeAhead } from "../run/made-ahead.js";
import type { ClassificationData } from "./data.js";
import type { ClassificationConfig } from "./schema.js";
import type { ViewMaker } from "./view-threads.js";

/** The batch of a step, and which images it holds. */
export interface StepBatch {
  /** Tensors which the caller disposes. */
  batch: ClassificationBatch;
  /** Of the unlabeled images, by their places in `data.unlabeled`. */
  indices: Int32Array;
  /** Their classes, −1 where nobody knows; only for statistics. */
  truth: Int32Array;
  /** With CTAugment: the labeled images under policies to find out with. */
  probe?: { images: tf.Tensor4D; labels: Int32Array; policies: readonly Policy[] };
  /** Milliseconds that the training waited for the batch. */
  waitedMs: number;
}

/**
 * Batches by the number of their step. A batch is a function of the seed and its step alone, so it may be made ahead, and resuming needs no state. With
 * CTAugment it also depends on what has been learnt up to that step, and is made when it is asked for.
 */
export interface BatchSource {
  next(step: number): Promise<StepBatch>;
}

/** Images of one job; fixed, so that the random streams do not depend on the number of threads. */
const jobSize = 32;
/** Batches that are made ahead of the training: enough that a thread which the system pauses for a while keeps nobody waiting. */
const ahead = 4;

export function createBatchSource(
  config: ClassificationConfig,
  data: ClassificationData,
  views: ClassificationMethod["views"],
  maker: ViewMaker,
  random: Random,
  ctAugment?: CtAugment,
): BatchSource {
  const { labeledBatch, unlabeledRatio, steps } = config.training;
  const { pool, labeled, unlabeled } = data;
  const [, height, width, channels] = pool.shape;
  const replacement = config.data.sampling === "replacement";
  const drawLabeled = createShuffledPasses(labeled.length, random.fork("labeled"), { replacement });
  const drawUnlabeled = createShuffledPasses(unlabeled.length, random.fork("unlabeled"), { replacement });
  const unlabeledBatch = views.length > 0 ? unlabeledRatio * labeledBatch : 0;

  const makeViewsOf = async (
    places: Int32Array,
    kind: "weak" | "strong",
    stream: Random,
    policies?: readonly Policy[],
  ): Promise<Float32Array[]> => {
    const pixels = pool.read(places);
    const bytes = jobSize * height * width * channels;
    const jobs = Array.from({ length: Math.ceil(places.length / jobSize) }, (_, i) =>
      maker.make({
        images: pixels.slice(i * bytes, (i + 1) * bytes),
        kind,
        random: stream.fork(i).snapshot(),
        ...(policies && { policies: policies.slice(i * jobSize, (i + 1) * jobSize) }),
      }),
    );
    return Promise.all(jobs);
  };
  const toTensor = (pieces: readonly Float32Array[], count: number): tf.Tensor4D =>
    tf.tensor4d(joined(pieces), [count, height, width, channels]);

  const make = async (step: number) => {
    const stream = random.fork("views").fork(step);
    const labeledPlaces = drawLabeled(step * labeledBatch, labeledBatch).map((i) => labeled[i]!);
    const indices = drawUnlabeled(step * unlabeledBatch, unlabeledBatch);
    const places = indices.map((i) => unlabeled[i]!);
    const ofPolicies = (name: "policy" | "probe", count: number): Policy[] | undefined => {
      const draws = stream.fork(name);
      return ctAugment && Array.from({ length: count }, () => ctAugment[name](draws));
    };
    const probes = views.includes("strong") ? ofPolicies("probe", labeledBatch) : undefined;
    const pixels = await Promise.all([
      makeViewsOf(labeledPlaces, "weak", stream.fork("labeled")),
      ...views.map((view) =>
        makeViewsOf(places, view, stream.fork(view), view === "strong" ? ofPolicies("policy", unlabeledBatch) : undefined),
      ),
      ...(probes ? [makeViewsOf(labeledPlaces, "strong", stream.fork("probed"), probes)] : []),
    ]);
    return { labeledPlaces, indices, places, pixels, probes };
  };

  const batches = makeAhead(make, { ahead: maker.threads > 0 && !ctAugment ? ahead : 0, steps });
  return {
    async next(step) {
      const { value, waitedMs } = await batches.take(step);
      const { labeledPlaces, indices, places, pixels, probes } = value;
      const [ofLabeled, ...ofUnlabeled] = pixels;
      const labels = labeledPlaces.map((i) => pool.labels[i]!);
      return {
        batch: {
          labeled: toTensor(ofLabeled!, labeledBatch),
          labels: tf.tensor1d(labels, "int32"),
          ...Object.fromEntries(views.map((view, i) => [view, toTensor(ofUnlabeled[i]!, unlabeledBatch)])),
        },
        indices,
        truth: places.map((i) => pool.labels[i]!),
        ...(probes && { probe: { images: toTensor(ofUnlabeled[views.length]!, labeledBatch), labels, policies: probes } }),
        waitedMs,
      };
    },
  };
}
