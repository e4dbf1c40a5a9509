// The worker of step.mjs for Gleaner: one FlexMatch step of WRN-28-2 on the native engine, asked for line by line.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { countParameters, createWideResNet } from "@gleaner/classifier";
import { loadNative, useNativeKernels } from "@gleaner/native";
import { createEma, createSgd, lossGradients, namedVariables } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { countOperators } from "./count-operators.mjs";

const [folder, threads] = [process.argv[2], Number(process.argv[3])];
const plan = JSON.parse(readFileSync(`${folder}/plan.json`, "utf8"));
const engine = await loadNative({ threads });
useNativeKernels();

const model = createWideResNet({ classes: plan.classes, depth: plan.depth, widen: plan.widen, variant: "torchssl", seed: 1 });
const variables = namedVariables(model, { which: "trainable" });
const all = namedVariables(model);
if (plan.write) {
  const values = Object.values(all).map((variable) => variable.dataSync());
  writeFileSync(`${folder}/weights.f32`, Buffer.concat(values.map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength))));
  plan.weights = Object.entries(all).map(([name, { shape }]) => [name, shape]);
  writeFileSync(`${folder}/plan.json`, JSON.stringify(plan));
}

const images = tf.tensor(new Float32Array(readFileSync(`${folder}/images.f32`).buffer.slice(0)), plan.images);
const labels = tf.oneHot(tf.tensor1d(plan.labels, "int32"), plan.classes);
const { labeled, unlabeled } = plan;
const sgd = createSgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4, exclude: (name) => !name.endsWith("kernel") });
const ema = createEma(variables, { decay: 0.999 });

const crossEntropy = (targets, logits) => tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1));

function step() {
  let mask;
  const { value, gradients } = lossGradients(() => {
    const logits = model.apply(images, { training: true });
    const [some, weak, strong] = tf.split(logits, [labeled, unlabeled, unlabeled]);
    // Pseudo-labels carry no gradient: they leave the tape as numbers.
    const probabilities = tf.softmax(weak).arraySync();
    const classes = probabilities.map((row) => row.indexOf(Math.max(...row)));
    mask = probabilities.map((row, i) => (row[classes[i]] >= plan.thresholds[classes[i]] ? 1 : 0));
    const targets = tf.mul(tf.oneHot(tf.tensor1d(classes, "int32"), plan.classes), tf.tensor2d(mask, [unlabeled, 1]));
    return tf.add(tf.mean(crossEntropy(labels, some)), tf.mean(crossEntropy(targets, strong)));
  }, variables);
  sgd.apply(variables, gradients, 0.03);
  ema.update();
  const result = [value.dataSync()[0], mask.reduce((a, b) => a + b)];
  tf.dispose([value, gradients]);
  return result;
}

const answer = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
answer({ version: engine.version, parameters: countParameters(model) });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.profile) {
    answer({ profile: countOperators(step) });
    continue;
  }
  const runs = Array.from({ length: request.steps }, () => {
    const [start, spent] = [performance.now(), process.cpuUsage()];
    const [loss, mask] = step();
    const { user, system } = process.cpuUsage(spent);
    return { time: (performance.now() - start) / 1000, processor: (user + system) / 1e6, loss, mask };
  });
  const column = (name) => runs.map((run) => run[name]);
  answer({
    times: column("time"),
    processor: column("processor"),
    losses: column("loss"),
    masks: column("mask"),
    peak: process.resourceUsage().maxRSS * 1024,
    tensors: tf.memory().numTensors,
  });
}
