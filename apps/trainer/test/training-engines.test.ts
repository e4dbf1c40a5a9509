import type { Symmetry } from "@gleaner/augment";
import type { DetectionBatch } from "@gleaner/methods";
import { answerAsReplica, type Channel, createEma, createRandom, portChannel } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, validateConfig } from "../src/config.js";
import { askTeacher, mixPatches } from "../src/run/batch-mixture.js";
import { doEngineTask, type EngineAnswer, type EngineTask } from "../src/run/engine-tasks.js";
import { createNetwork, type Network } from "../src/run/network.js";
import { createTrainingEngines, type TrainingEngines } from "../src/run/training-engines.js";
import { createTrainingState } from "../src/run/training-state.js";
import { tinySettings } from "./training-set.js";
import { startWasm } from "./wasm-engine.js";

beforeAll(startWasm);

const [size, labeled, unlabeled] = [16, 3, 2];
const configOf = (values: Record<string, unknown> = {}): Config => validateConfig(tinySettings(values), "tiny.yaml");

/** An engine beside the training, in this thread; its network starts with other weights. */
function openReplica(config: Config): Channel {
  const { port1, port2 } = new MessageChannel();
  answerAsReplica<EngineTask, EngineAnswer>(portChannel(port2), async () => {
    const network = createNetwork(config, 99);
    return { variables: network.variables, work: (task) => doEngineTask(config, network, task) };
  });
  return portChannel(port1);
}

const random = createRandom(5);
const drawn = (shape: number[], value: () => number = random): tf.Tensor =>
  tf.tensor(Array.from({ length: tf.util.sizeFromShape(shape) }, value), shape);

/** Labeled patches, of which only some have objects, then unlabeled ones with soft targets, and a few of them with boxes. */
function drawBatch(network: Network): DetectionBatch {
  const { count } = network.anchorsOf([size, size, size]);
  const all = labeled + unlabeled;
  const chances = Array.from({ length: all }, (_, patch) => [0, 0.1, 0.02, 0.05, 0][patch]!);
  const positives = tf.tensor2d(chances.map((chance) => Array.from({ length: count }, () => Number(random() < chance))));
  const soft = drawn([unlabeled, count]);
  const targets = tf.concat([tf.slice(positives, [0, 0], [labeled, count]), soft as tf.Tensor2D], 0);
  soft.dispose();
  return {
    patches: drawn([all, size, size, size, 1], () => 2 * random() - 1) as tf.Tensor5D,
    targets,
    weights: drawn([all, count], () => Number(random() < 0.9)) as tf.Tensor2D,
    positives,
    deltas: drawn([all, count, 6]) as tf.Tensor3D,
  };
}

async function withEngines<T>(config: Config, network: Network, count: number, work: (engines: TrainingEngines) => Promise<T>): Promise<T> {
  const channels = Array.from({ length: count - 1 }, () => openReplica(config));
  const engines = await createTrainingEngines(config, network, channels);
  expect(engines.count).toBe(count);
  try {
    return await work(engines);
  } finally {
    await engines.close();
  }
}

/** The largest difference in parts of the largest number. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  const numbers = Array.from(a, (value, i) => [Math.abs(value - b[i]!), Math.abs(value)] as const);
  return Math.max(...numbers.map(([d]) => d)) / Math.max(1e-7, ...numbers.map(([, v]) => v));
};

describe.each([
  { name: "smooth L1", values: {} },
  { name: "GIoU, hard examples", values: { loss: { box: "giou" }, training: { hardExamples: 0.5 } } },
])("a batch on several engines ($name)", ({ values }) => {
  const config = configOf(values);
  const weights = { labeledCount: labeled, unlabeledWeight: 3 };
  let network: Network;
  let batch: DetectionBatch;
  beforeAll(() => {
    network = createNetwork(config, 1);
    batch = drawBatch(network);
  });
  afterAll(() => network.detector.dispose());

  const compute = (count: number) =>
    withEngines(config, network, count, async (engines) => {
      const { gradients, losses } = await engines.gradients(batch, weights);
      const read = { losses: losses.dataSync(), gradients: Object.entries(gradients).map(([name, t]) => [name, t.dataSync()] as const) };
      tf.dispose([losses, ...Object.values(gradients)]);
      return read;
    });

  test("has the losses and every gradient of one engine, to float32's rounding", async () => {
    const alone = await compute(1);
    expect(alone.losses).toHaveLength(config.training.hardExamples > 0 ? 4 + labeled : 4);
    // More engines than labeled patches, and more than patches: some have no labeled patch, one has none at all.
    for (const count of [2, 3, 6]) {
      const shared = await compute(count);
      expect(apart(shared.losses, alone.losses)).toBeLessThan(1e-6);
      expect(shared.gradients.map(([name]) => name)).toEqual(alone.gradients.map(([name]) => name));
      for (const [i, [name, gradient]] of shared.gradients.entries())
        expect(apart(gradient, alone.gradients[i]![1]), name).toBeLessThan(1e-5);
    }
  });

  test("is the same to the bit each time", async () => {
    expect(await compute(3)).toEqual(await compute(3));
  });

  test("leaves no tensor behind", async () => {
    await withEngines(config, network, 2, async (engines) => {
      const once = async () => {
        const { gradients, losses } = await engines.gradients(batch, weights);
        tf.dispose([losses, ...Object.values(gradients)]);
      };
      await once();
      const before = tf.memory().numTensors;
      await once();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

const flips = ([z, y, x]: [boolean, boolean, boolean]): Symmetry => ({ axes: [0, 1, 2], flips: [z, y, x] });

test("the teacher's views on several engines are what it says itself, view by view", async () => {
  const config = configOf();
  const network = createNetwork(config, 1);
  const patches = drawn([3, size, size, size, 1]) as tf.Tensor5D;
  const views = [flips([false, false, true]), { axes: [2, 0, 1], flips: [true, false, false] } as Symmetry];
  await withEngines(config, network, 3, async (engines) => {
    const teacher = await engines.teacher!(patches, views);
    // Asked about six patches at once or about three and three, it answers in the order of the views.
    const said = tf.tidy(() => teacher(patches).logits.dataSync());
    const turned = tf.tidy(() => tf.reverse(tf.reshape(patches, [3, size * size, size]), 2).dataSync());
    const own = tf.tidy(() => network.detector.predict(tf.tensor5d(turned, [3, size, size, size, 1])).logits.dataSync());
    expect(apart(said, own)).toBeLessThan(1e-5);
    tf.tidy(() => void teacher(patches));
    expect(() => teacher(patches)).toThrow(new RangeError("the teacher was asked about 9 patches; expected 6"));
  });
  network.detector.dispose();
  patches.dispose();
});

test.each([
  ["focalmix", "ema"],
  ["focalmix", "live"],
  ["mean-teacher", "ema"],
])("a batch of %s with the teacher %s is the same with the teacher shared", async (method, teacher) => {
  const config = configOf({ method, focalmix: { views: 3, teacher }, training: { unlabeledBatch: 2 }, objects: { threshold: 0.0098 } });
  const network = createNetwork(config, 1);
  const { count } = network.anchorsOf([size, size, size]);
  const state = createTrainingState(config, network.variables, { labeled: 2, unlabeled: 1 });
  // An average that is not the weights.
  state.ema.dispose();
  const other = createNetwork(config, 2);
  state.ema = createEma(network.variables, { decay: 0.5 });
  state.ema.restore(Object.fromEntries(Object.entries(other.variables).map(([name, variable]) => [`average/${name}`, variable])));
  const values = drawn([2, size, size, size, 1]).dataSync();
  const stream = createRandom(3).fork("step");
  const mixed = async (engines?: TrainingEngines) => {
    const fresh = tf.tensor5d(values, [2, size, size, size, 1]);
    const known = {
      patches: tf.ones([1, size, size, size, 1]) as tf.Tensor5D,
      targets: tf.zeros<tf.Rank.R2>([1, count]),
      weights: tf.ones<tf.Rank.R2>([1, count]),
      positives: tf.zeros<tf.Rank.R2>([1, count]),
      deltas: tf.zeros<tf.Rank.R3>([1, count, 6]),
    };
    const patches = { labeled: known, unlabeled: fresh, labeledBoxes: [new Float32Array()], unlabeledPlaces: Int32Array.of(0, 0) };
    const asked = engines && (await askTeacher(config, state, engines, fresh, stream));
    const { batch } = mixPatches(config, network, state, patches, 1, stream, asked);
    const read = Object.values(batch).map((tensor) => tensor.dataSync());
    tf.dispose(Object.values(batch));
    return read;
  };
  const alone = await mixed();
  const shared = await withEngines(config, network, 2, mixed);
  for (const [i, tensor] of shared.entries()) expect(apart(tensor, alone[i]!)).toBeLessThan(1e-5);
  // The teacher was the one that the method has: targets are not those of the other weights.
  expect(alone[1]!.some((target) => target > 0)).toBe(true);
});

test("an engine that fails is named in one sentence that says how to go on", async () => {
  const config = configOf();
  const network = createNetwork(config, 1);
  const { port1, port2 } = new MessageChannel();
  answerAsReplica<EngineTask, EngineAnswer>(portChannel(port2), async () => ({
    variables: createNetwork(config, 2).variables,
    work: () => {
      throw new RangeError("WASM memory has no room for 9 more floats; use a smaller batch or patch.");
    },
  }));
  const engines = await createTrainingEngines(config, network, [portChannel(port1)]);
  const batch = drawBatch(network);
  await expect(engines.gradients(batch, { labeledCount: labeled, unlabeledWeight: 1 })).rejects.toMatchObject({
    exitCode: 1,
    message:
      "an engine beside the training stopped (replica 1 failed: WASM memory has no room for 9 more floats; use a smaller batch or patch.); the last checkpoint is whole, --resume goes on from it",
  });
  await engines.close();
});
