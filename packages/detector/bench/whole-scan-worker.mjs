// The worker of whole-scan.mjs for Gleaner: detectVolume on the scan, asked for line by line.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { load, tf } from "../../../bench/modules.mjs";

const { chooseEngine } = load("@gleaner/engine");
const { createPyramidDetector, cubeSizes, detectVolume, generateAnchors } = load("@gleaner/detector");
const { namedVariables } = load("@gleaner/training");

const [folder, threads] = [process.argv[2], Number(process.argv[3])];
const plan = JSON.parse(readFileSync(`${folder}/plan.json`, "utf8"));
tf.enableProdMode();
const engine = await chooseEngine({ prefer: "native", threads });

const { shape, patch, overlap, example } = plan;
const floats = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);
const bytes = readFileSync(`${folder}/scan.f32`);
// Not copied: it would be in the peak.
const scan = { data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), shape };
const levels = [{ stride: 4, sizes: cubeSizes(plan.sizes) }];
const detector = createPyramidDetector({ seed: 1, levels });
const patchShape = [patch, patch, patch];
const options = {
  patchShape,
  // Where MONAI has them.
  anchors: generateAnchors({ shape: patchShape, levels, alignment: "corner" }),
  overlap: Math.round(overlap * patch),
  topK: plan.topK,
  iouThreshold: plan.iouThreshold,
  maxDetections: plan.maxDetections,
};

/** The patch that lies at `example`, as a scan. */
function exampleOf() {
  const data = new Float32Array(patch ** 3);
  for (let row = 0; row < patch ** 2; row++) {
    const [z, y] = [example[0] + Math.floor(row / patch), example[1] + (row % patch)];
    const from = (z * shape[1] + y) * shape[2] + example[2];
    data.set(scan.data.subarray(from, from + patch), row * patch);
  }
  return { data, shape: patchShape };
}

/** Runs detectVolume; `best` are the highest logits of all its patches, as many as MONAI keeps of a scan. */
async function watchLogits(of) {
  let [best, logits] = [[], new Float32Array()];
  const watch = (x) => {
    const answer = detector.predict(x);
    logits = answer.logits.dataSync().slice();
    best = [...best, ...logits.toSorted().slice(-plan.topK)].toSorted((a, b) => b - a).slice(0, plan.topK);
    return answer;
  };
  await detectVolume(watch, of, { ...options, scoreThreshold: 0.999 });
  return { logits, threshold: 1 / (1 + Math.exp(-best.at(-1))) };
}

async function detect(of, scoreThreshold) {
  let tiles;
  const onProgress = ({ total }) => {
    tiles = total;
  };
  const { boxes, scores } = await detectVolume(detector.predict, of, { ...options, scoreThreshold, onProgress });
  return { tiles, boxes: Array.from(scores, (_, i) => Array.from(boxes.subarray(6 * i, 6 * i + 6))), scores: Array.from(scores) };
}

const variables = Object.entries(namedVariables(detector.model));
writeFileSync(`${folder}/weights.f32`, Buffer.concat(variables.map(([, variable]) => floats(variable.dataSync()))));
plan.weights = variables.map(([name, { shape: extents }]) => [name, extents]);
const [ofExample, ofScan] = [await watchLogits(exampleOf()), await watchLogits(scan)];
writeFileSync(`${folder}/logits.f32`, floats(ofExample.logits));
// An untrained network has no lesions to show: thresholds are where as many anchors pass as MONAI keeps.
Object.assign(plan, { scoreThreshold: ofScan.threshold, exampleThreshold: ofExample.threshold });
writeFileSync(`${folder}/plan.json`, JSON.stringify(plan));

const answer = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
const found = await detect(exampleOf(), plan.exampleThreshold);
answer({ version: `TensorFlow ${engine.version}`, parameters: detector.model.countParams(), boxes: found.boxes });
for await (const _ of createInterface({ input: process.stdin })) {
  const [start, spent] = [performance.now(), process.cpuUsage()];
  const detections = await detect(scan, plan.scoreThreshold);
  const time = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(spent);
  answer({ time, processor: (user + system) / 1e6, peak: process.resourceUsage().maxRSS * 1024, ...detections });
}
