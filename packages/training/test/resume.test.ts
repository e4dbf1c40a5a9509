import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import {
  assignVariables,
  type Checkpoint,
  clipByGlobalNorm,
  cosineSchedule,
  createAdamW,
  createEma,
  createRandom,
  createSampler,
  createSgd,
  createTensors,
  lossGradients,
  namedVariables,
  type Optimizer,
  type RandomSnapshot,
  randomNormal,
  readTensors,
  restoreRandom,
  restoreSampler,
  runLoop,
  type SamplerSnapshot,
} from "../src/index.js";
import { loadCheckpoint, saveCheckpoint } from "../src/node.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const steps = 12;
const inputs = (() => {
  const random = createRandom(77);
  return Array.from({ length: 10 }, () => Array.from({ length: 36 }, () => randomNormal(random)));
})();

/** A tiny network with batch norm (running statistics), noise in its inputs, a sampler, clipping, a schedule and an average. */
const createRun = (makeOptimizer: () => Optimizer, from?: Checkpoint) => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: "conv",
        filters: 3,
        kernelSize: 3,
        inputShape: [6, 6, 1],
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({ name: "head", units: 2, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
  const all = namedVariables(model);
  const trainable = namedVariables(model, { which: "trainable" });
  const optimizer = makeOptimizer();
  const ema = createEma(trainable, { decay: 0.9 });
  let random = createRandom(5).fork("noise");
  let sampler = createSampler(inputs.length, createRandom(5).fork("order"));
  let done = 0;

  const within = (tensors: Record<string, tf.Tensor>, part: string): Record<string, tf.Tensor> =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(part) ? [[name.slice(part.length), tensor]] : [])),
    );
  const prefix = (part: string, tensors: Record<string, tf.Tensor>): Record<string, tf.Tensor> =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [part + name, tensor]));

  if (from) {
    const tensors = createTensors(from.tensors);
    assignVariables(all, within(tensors, "model/"));
    optimizer.restore(within(tensors, "optimizer/"));
    ema.restore(within(tensors, "ema/"));
    const meta = from.meta as { done: number; random: RandomSnapshot; sampler: SamplerSnapshot };
    random = restoreRandom(meta.random);
    sampler = restoreSampler(meta.sampler);
    done = meta.done;
  }

  const schedule = cosineSchedule({ steps });
  const step = (k: number): void => {
    const batch = sampler.next(4);
    const x = tf.tensor4d(
      batch.flatMap((i) => inputs[i]!.map((v) => v + randomNormal(random, { deviation: 0.1 }))),
      [4, 6, 6, 1],
    );
    const y = tf.tensor2d(batch.map((i) => [i % 2, (i + 1) % 2]));
    const { gradients } = lossGradients(
      () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar,
      trainable,
    );
    optimizer.apply(trainable, clipByGlobalNorm(gradients, 0.5).gradients, 0.05 * schedule(k));
    ema.update();
  };
  const state = async (): Promise<Checkpoint> => ({
    tensors: await readTensors({
      ...prefix("model/", all),
      ...prefix("optimizer/", optimizer.snapshot()),
      ...prefix("ema/", ema.snapshot()),
    }),
    meta: { done, random: random.snapshot(), sampler: sampler.snapshot() },
  });
  return {
    async train(until: number): Promise<void> {
      ({ done } = await runLoop({ from: done, steps: until, step }));
    },
    state,
  };
};

test.each<[string, () => Optimizer]>([
  ["SGD", () => createSgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-3, exclude: (name) => !name.endsWith("kernel") })],
  ["AdamW", () => createAdamW({ weightDecay: 0.01, exclude: (name) => !name.endsWith("kernel") })],
])("a run that was killed and went on equals the one that was not, to the bit: %s", async (_, makeOptimizer) => {
  const whole = createRun(makeOptimizer);
  await whole.train(steps);
  const expected = await whole.state();

  const path = join(mkdtempSync(join(tmpdir(), "gleaner-resume-")), "last.safetensors");
  const first = createRun(makeOptimizer);
  await first.train(5);
  saveCheckpoint(path, await first.state());
  // What the killed run did after its checkpoint is lost and must not matter.
  await first.train(8);
  const second = createRun(makeOptimizer, loadCheckpoint(path));
  await second.train(9);
  saveCheckpoint(path, await second.state());
  const third = createRun(makeOptimizer, loadCheckpoint(path));
  await third.train(steps);

  const state = await third.state();
  expect(state).toEqual(expected);
  // toEqual holds 0 equal to -0 in no case, but bytes leave no doubt.
  for (const [name, { data }] of Object.entries(expected.tensors)) {
    const bytes = (x: ArrayBufferView): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
    expect(bytes(state.tensors[name]!.data)).toEqual(bytes(data));
  }
});
