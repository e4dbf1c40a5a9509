// How much of a FocalMix step the preparation of its targets takes beyond the teacher's K forward passes, on the native engine:
//
//   pnpm --filter @gleaner/trainer bench target-preparation        ROUNDS=40 THREADS=2 set how many steps of each kind, and the threads
//
// A step is the trainer's own, of the patches of `gleaner reproduce phantoms`: what it takes besides the passes are views and the way back,
// mean, sharpening, objects, MixUp and the change to the averaged weights.
import { cpus, loadavg } from "node:os";
import { chooseEngine } from "@gleaner/engine";
import { detectionLoss } from "@gleaner/methods";
import { clipByGlobalNorm, createRandom, lossGradients } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { type Config, validateConfig } from "../src/config.js";
import { phantomDesign } from "../src/reproduce/phantoms.js";
import { mixPatches } from "../src/run/batch-mixture.js";
import { stackLabeled } from "../src/run/batches.js";
import { detectionLossOptions } from "../src/run/box-loss.js";
import { createNetwork, type Network } from "../src/run/network.js";
import { type Patch, targetsOf } from "../src/run/patches.js";
import { createTrainingState, type TrainingState } from "../src/run/training-state.js";

const rounds = Number(process.env["ROUNDS"] ?? 40);
const threads = Number(process.env["THREADS"] ?? 2);
/** So that the teacher finds objects. */
const supervisedSteps = 100;

function configOf(views: number, mixUp: "image" | "image+object"): Config {
  const { training, ...settings } = phantomDesign.settings;
  const data = { root: ".", labeled: 1, unlabeled: 1 };
  // The average follows at once what the few steps learn; it costs the same.
  const all = { ...settings, method: "focalmix", data, training: { ...training, emaDecay: 0 }, focalmix: { views, mixUp } };
  return validateConfig(all, "bench");
}

/** A bright ball in noise, and its box. */
function drawPatch(config: Config, network: Network, random: () => number): Patch & { boxes: Float32Array } {
  const { patch: size } = config.training;
  const [radius, center] = [2 + 2 * random(), [0, 1, 2].map(() => size * (0.25 + 0.5 * random()))];
  const voxels = Float32Array.from({ length: size ** 3 }, (_, i) => {
    const at = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
    return (Math.hypot(...at.map((c, axis) => c - center[axis]!)) < radius ? 0.5 : -0.8) + 0.2 * random();
  });
  const boxes = Float32Array.from([...center.map((c) => c - radius), ...center.map((c) => c + radius)]);
  const anchors = network.anchorsOf([size, size, size]);
  return { voxels, boxes, targets: targetsOf(boxes, { size, anchors, matching: config.matching }) };
}

function drawBatch(config: Config, network: Network) {
  const random = createRandom(1);
  const { labeledBatch, unlabeledBatch } = config.training;
  const [labeled, unlabeled] = [labeledBatch, unlabeledBatch].map((count) =>
    Array.from({ length: count }, () => drawPatch(config, network, random)),
  ) as [ReturnType<typeof drawPatch>[], ReturnType<typeof drawPatch>[]];
  return {
    labeled: stackLabeled(labeled, config.training.patch),
    unlabeled: stackLabeled(unlabeled, config.training.patch),
    labeledBoxes: labeled.map(({ boxes }) => boxes),
  };
}
type Batch = ReturnType<typeof drawBatch>;

type Time = { wall: number; processor: number };
const clock = (): Time => {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), processor: (user + system) / 1000 };
};
const timeOf = (work: () => void): Time => {
  const start = clock();
  work();
  const end = clock();
  return { wall: end.wall - start.wall, processor: end.processor - start.processor };
};

/** The student's half of a step. A rate of 0 leaves the weights where they are at the same cost. */
function learn(config: Config, network: Network, state: TrainingState, batch: Batch["labeled"], rate: number): void {
  const { labeledBatch: labeledCount, clipNorm } = config.training;
  const options = { ...detectionLossOptions(config, network), labeledCount, unlabeledWeight: config.focalmix.unlabeledWeight };
  const { value, gradients } = lossGradients(() => detectionLoss(network.detector.predict, batch, options).total, state.variables);
  const clipped = clipByGlobalNorm(gradients, clipNorm);
  state.optimizer.apply(state.variables, clipped.gradients, rate);
  state.ema.update();
  value.dataSync();
  tf.dispose([value, clipped.norm, ...Object.values(gradients), ...Object.values(clipped.gradients)]);
}

/** One step: the teacher's passes, the preparation without them, and the student. */
function stepOf(
  config: Config,
  network: Network,
  state: TrainingState,
  { labeled, unlabeled, labeledBoxes }: Batch,
  random: ReturnType<typeof createRandom>,
) {
  const passes: Time = { wall: 0, processor: 0 };
  const watched: Network = {
    ...network,
    detector: {
      ...network.detector,
      predict(x) {
        let answer: ReturnType<Network["detector"]["predict"]>;
        const { wall, processor } = timeOf(() => {
          answer = network.detector.predict(x);
        });
        passes.wall += wall;
        passes.processor += processor;
        return answer!;
      },
    },
  };
  const patches = {
    labeled: Object.fromEntries(Object.entries(labeled).map(([name, tensor]) => [name, tf.clone(tensor)])) as Batch["labeled"],
    unlabeled: tf.clone(unlabeled.patches),
    labeledBoxes,
    unlabeledPlaces: new Int32Array(unlabeled.patches.shape[0]),
  };
  let mixed: ReturnType<typeof mixPatches>;
  const preparation = timeOf(() => {
    mixed = mixPatches(config, watched, state, patches, config.focalmix.unlabeledWeight, random);
  });
  const student = timeOf(() => learn(config, network, state, mixed.batch, 0));
  tf.dispose(Object.values(mixed!.batch));
  const rest = { wall: preparation.wall - passes.wall, processor: preparation.processor - passes.processor };
  return { passes, rest, student, objects: mixed!.objects ?? 0 };
}

const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

test("the share of a FocalMix step that the preparation of targets takes beyond the teacher's passes", async () => {
  const engine = await chooseEngine({ prefer: "native", threads });
  const kinds = [2, 4].flatMap((views) =>
    (["image", "image+object"] as const).map((mixUp) => ({ views, mixUp, config: configOf(views, mixUp) })),
  );
  const { config } = kinds[0]!;
  const network = createNetwork(config, 1);
  const state = createTrainingState(config, network.variables, { labeled: 4, unlabeled: 4 });
  const batch = drawBatch(config, network);
  for (let step = 0; step < supervisedSteps; step++) learn(config, network, state, batch.labeled, config.training.learningRate);

  const seen = kinds.map((): ReturnType<typeof stepOf>[] => []);
  for (let round = 0; round < rounds + 3; round++) {
    for (const [i, kind] of kinds.entries()) {
      const one = stepOf(kind.config, network, state, batch, createRandom(7).fork(round));
      if (round >= 3) seen[i]!.push(one);
    }
  }
  const { labeledBatch, unlabeledBatch, patch } = config.training;
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]!.toFixed(1)}, TensorFlow ${engine.version}, ${threads} threads; ${labeledBatch} + ${unlabeledBatch} patches of ${patch}³, ${rounds} steps of each kind in turns`,
  );
  for (const [i, { views, mixUp }] of kinds.entries()) {
    for (const clockName of ["wall", "processor"] as const) {
      for (const [what, of] of [
        ["best", (values: number[]) => Math.min(...values)],
        ["median", middle],
      ] as const) {
        const [passes, rest, student] = (["passes", "rest", "student"] as const).map((part) =>
          of(seen[i]!.map((one) => one[part][clockName])),
        ) as [number, number, number];
        const ms = (time: number): string => `${time.toFixed(1)} ms`;
        const share = (100 * rest) / (passes + rest + student);
        console.log(
          `K = ${views}, MixUp ${mixUp}, ${what} ${clockName}: passes ${ms(passes)}, preparation besides ${ms(rest)}, student ${ms(student)}; share ${share.toFixed(1)} %`,
        );
      }
    }
    if (mixUp === "image+object") expect(seen[i]![0]!.objects, "objects that the teacher finds in a patch").toBeGreaterThan(0);
  }
  tf.dispose([...Object.values(batch.labeled), ...Object.values(batch.unlabeled)]);
  network.detector.dispose();
}, 600_000);
