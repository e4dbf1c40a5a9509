// Trains FlexMatch on UCI's digits and records what its curriculum was shown, for the live page: from docs,
//   GLEANER_DATA=… pnpm exec tsx --conditions=@gleaner/source scripts/record-history.ts
// The live page replays the observations through the same curriculum, under any threshold, warm-up and mapping.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type ByteImage, randAugment, viewBatch, weakView } from "@gleaner/augment";
import { createSmallCnn } from "@gleaner/classifier";
import { chooseEngine } from "@gleaner/engine";
import { parseDigits, splitLabels } from "@gleaner/images";
import { type ClassificationLoss, flexMatch } from "@gleaner/methods";
import { createRandom, createSgd, createShuffledPasses, fixMatchSchedule, lossGradients, namedVariables } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { encodeHistory, type RecordedHistory } from "../.vitepress/theme/live/recorded-history.js";

const classes = 10;
const [steps, labeledBatch, unlabeledBatch, poolSize] = [240, 20, 64, 600];
const seed = Number(process.argv[2] ?? 1);
const data = process.env["GLEANER_DATA"];
if (!data) throw new Error("GLEANER_DATA is not set; expected the folder that holds digits/digits.csv.gz");

const engine = await chooseEngine({ prefer: "wasm" });
const { images, labels } = parseDigits(gunzipSync(readFileSync(`${data}/digits/digits.csv.gz`)).toString());
const pixels = 64;
const random = createRandom(seed);
const pool = Uint8Array.from(images.subarray(0, poolSize * pixels));
const poolLabels = Uint8Array.from(labels.slice(0, poolSize));
const split = splitLabels(poolLabels, { classes, labeled: 40, random });
const recipe = { mean: [0.3], deviation: [0.37] };
const model = createSmallCnn({ inputShape: [8, 8, 1], classes, seed, normMomentum: 0.95 });
const predict = (batch: tf.Tensor): tf.Tensor2D => model.apply(batch, { training: true }) as tf.Tensor2D;
const variables = namedVariables(model, { which: "trainable" });
const sgd = createSgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 });
const method = flexMatch({ classes, unlabeled: poolSize });
const factor = fixMatchSchedule({ steps });
const labeledPasses = createShuffledPasses(split.labeled.length, random.fork("labeled"));
const unlabeledPasses = createShuffledPasses(poolSize, random.fork("unlabeled"));

function views(indices: ArrayLike<number>, view: (image: ByteImage) => ByteImage): tf.Tensor {
  const chosen = new Uint8Array(indices.length * pixels);
  for (let i = 0; i < indices.length; i++) chosen.set(pool.subarray(indices[i]! * pixels, (indices[i]! + 1) * pixels), i * pixels);
  return tf.tensor(viewBatch({ images: chosen, shape: [indices.length, 8, 8, 1] }, view, recipe), [indices.length, 8, 8, 1]);
}
const weak = (image: ByteImage): ByteImage => weakView(image, { random, flip: false });
const strong = (image: ByteImage): ByteImage => weak(randAugment(image, { random, count: 2 }));

const record: RecordedHistory = { classes, unlabeled: poolSize, batch: unlabeledBatch, indices: [], predicted: [], confidences: [] };
for (let step = 0; step < steps; step++) {
  const some = Array.from(labeledPasses(step * labeledBatch, labeledBatch), (i) => split.labeled[i]!);
  const indices = Array.from(unlabeledPasses(step * unlabeledBatch, unlabeledBatch));
  const batch = {
    labeled: views(some, weak),
    labels: tf.tensor1d(
      some.map((i) => poolLabels[i]!),
      "int32",
    ),
    weak: views(indices, weak),
    strong: views(indices, strong),
  };
  let loss!: ClassificationLoss;
  const { gradients } = lossGradients(() => (loss = method.loss(predict, batch, step)).total, variables);
  sgd.apply(variables, gradients, 0.03 * factor(step));
  const { labels: predicted, confidences } = loss.pseudo!;
  record.indices.push(...indices);
  record.predicted.push(...(await predicted.data()));
  record.confidences.push(...(await confidences.data()));
  const statistics = await method.observe(
    loss,
    indices,
    indices.map((i) => poolLabels[i]!),
  );
  if (step % 20 === 19) console.log(step + 1, statistics.pseudoLabelAccuracy, String(method.curriculum.learningEffects()));
  tf.dispose([batch, gradients]);
}
console.log(engine.name, engine.version, `seed ${seed}`);
writeFileSync(new URL("../live/digits-history.json", import.meta.url), `${JSON.stringify(encodeHistory(record))}\n`);
