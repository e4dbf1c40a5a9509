// The worker of engines.mjs for Gleaner: one training step, or one inference, of the slim detector, asked for line by line.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { countOperators } from "./count-operators.mjs";
import { load, tf } from "./modules.mjs";
import { readKnown, readNumbers, readTensor } from "./plan-tensors.mjs";

const { chooseEngine } = load("@gleaner/engine");
const { anchorTargets, createPyramidDetector, matchAnchors } = load("@gleaner/detector");
const { detectionLoss, focalMixBatch } = load("@gleaner/methods");
const { clipByGlobalNorm, createAdamW, createEma, lossGradients, namedVariables } = load("@gleaner/training");

const [folder, threads] = [process.argv[2], Number(process.argv[3])];
const plan = JSON.parse(readFileSync(`${folder}/plan.json`, "utf8"));
tf.enableProdMode();
const engine = await chooseEngine({ prefer: plan.engine, native: { threads, bfloat16: plan.bfloat16 === true } });

const { size, labeled, unlabeled, views, train } = plan;
// MONAI rounds the corners of anchors, so its comparison has edges of even lengths.
const levels = plan.sizes && [{ stride: 4, sizes: plan.sizes.map((edge) => [edge, edge, edge]) }];
const detector = createPyramidDetector({ seed: 1, ...(levels && { levels }) });
const variables = namedVariables(detector.model);
if (plan.write) {
  const values = Object.values(variables).map((variable) => variable.dataSync());
  writeFileSync(`${folder}/weights.f32`, Buffer.concat(values.map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength))));
  plan.weights = Object.entries(variables).map(([name, { shape }]) => [name, shape]);
  writeFileSync(`${folder}/plan.json`, JSON.stringify(plan));
}

const { boxes: anchorBoxes, count: anchors, grid } = detector.anchors([size, size, size]);
const stored = readKnown(folder, plan, anchors);
const { patches } = stored;
const fresh = unlabeled > 0 ? readTensor(folder, "unlabeled", [unlabeled, size, size, size, 1]) : undefined;

/** What the anchors are to learn, from the boxes of the patches, as MONAI works it out in every step. */
function matchKnown() {
  const each = lesions.map((boxes) =>
    anchorTargets(anchorBoxes, boxes, matchAnchors(anchorBoxes, boxes, { method: "atss", grid, candidates: plan.candidates })),
  );
  const all = (name, ...shape) => tf.tidy(() => tf.stack(each.map((one) => tf.tensor(one[name], [anchors, ...shape]))));
  return {
    patches: tf.clone(patches),
    targets: all("targets"),
    weights: all("weights"),
    positives: all("positives"),
    deltas: all("deltas", 6),
  };
}
const lesions = Array.from({ length: plan.boxes ? labeled : 0 }, (_, i) =>
  readNumbers(folder, "boxes").subarray(6 * plan.boxes * i, 6 * plan.boxes * (i + 1)),
);
const known = plan.boxes ? undefined : stored;

const optimizer = createAdamW({ weightDecay: 1e-4, exclude: (name) => !name.endsWith("kernel") });
const ema = createEma(variables, { decay: 0.99 });
const symmetries = Array.from({ length: views }, (_, k) => ({ axes: [0, 1, 2], flips: [(k & 4) > 0, (k & 2) > 0, (k & 1) > 0] }));
const focal = { alpha: [0.25, 0.75], gamma: 2 };

/** The labeled patches alone, or FocalMix's mixture; without MixUp, whose draws PyTorch would not share. */
function makeBatch() {
  if (!known) return matchKnown();
  if (!fresh) return known;
  ema.swapIn();
  const { batch } = focalMixBatch(detector.predict, known, fresh, grid, { random: () => 0.5, views: symmetries, mixUpAlpha: 0 });
  ema.swapOut();
  return batch;
}

function trainingStep() {
  const batch = makeBatch();
  const { value, gradients } = lossGradients(
    () => detectionLoss(detector.predict, batch, { focal, labeledCount: labeled }).total,
    variables,
  );
  const clipped = clipByGlobalNorm(gradients, 5);
  optimizer.apply(variables, clipped.gradients, 1e-3);
  ema.update();
  const loss = value.dataSync()[0];
  tf.dispose([value, clipped.norm, Object.values(gradients), Object.values(clipped.gradients)]);
  if (batch !== known) tf.dispose(Object.values(batch));
  return loss;
}

/** As the detector reads a scan: probabilities and boxes come out as numbers. */
function inference() {
  const { logits, deltas } = detector.predict(patches);
  const sum = logits.dataSync().reduce((a, b) => a + b, 0);
  deltas.dataSync();
  tf.dispose([logits, deltas]);
  return sum;
}

const step = train ? trainingStep : inference;
const answer = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
answer({ version: engine.version, parameters: detector.model.countParams() });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.profile) {
    answer({ profile: countOperators(step) });
    continue;
  }
  const runs = Array.from({ length: request.steps }, () => {
    const [start, spent] = [performance.now(), process.cpuUsage()];
    const loss = step();
    const { user, system } = process.cpuUsage(spent);
    return { time: (performance.now() - start) / 1000, processor: (user + system) / 1e6, loss };
  });
  const column = (name) => runs.map((run) => run[name]);
  const { maxRSS, minorPageFault } = process.resourceUsage();
  answer({
    times: column("time"),
    processor: column("processor"),
    losses: column("loss"),
    peak: maxRSS * 1024,
    pageFaults: minorPageFault,
    tensors: tf.memory().numTensors,
  });
}
