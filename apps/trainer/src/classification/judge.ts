import { type Normalization, normalizeImages } from "@gleaner/augment";
import type { ImageSource } from "@gleaner/images";
import { confusionMatrix } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import type { Classifier } from "./network.js";

/** How many images go through the network at once; running statistics make the answers independent of it. */
const batchSize = 250;

/** The probabilities of each class, `[images, classes]` in C order, for images of a source. */
export async function predictImages(
  classifier: Classifier,
  source: ImageSource,
  indices: Int32Array,
  normalization: Normalization,
  onBatch: (done: number) => void = () => {},
): Promise<Float32Array> {
  const [, height, width, channels] = source.shape;
  let all: Float32Array | undefined;
  for (let from = 0; from < indices.length; from += batchSize) {
    const places = indices.subarray(from, from + batchSize);
    const pixels = source.read(places);
    const values = normalizeImages(pixels, [places.length, height, width, channels], normalization);
    const probabilities = tf.tidy(() => tf.softmax(classifier.infer(tf.tensor4d(values, [places.length, height, width, channels]))));
    const part = await probabilities.data<"float32">();
    probabilities.dispose();
    all ??= new Float32Array((part.length / places.length) * indices.length);
    all.set(part, (part.length / places.length) * from);
    onBatch(from + places.length);
  }
  return all ?? new Float32Array(0);
}

/** The likeliest class of each row; the first of equal ones. */
export function likeliest(probabilities: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (probabilities[i * classes + c]! > probabilities[i * classes + best]!) best = c;
    return best;
  });
}

/** Which class was taken for which: rows are the truth. */
export async function judgeImages(
  classifier: Classifier,
  source: ImageSource,
  indices: Int32Array,
  data: Normalization & { classes: number },
): Promise<{ confusion: number[][]; probabilities: Float32Array; truth: Int32Array }> {
  const probabilities = await predictImages(classifier, source, indices, data);
  const truth = indices.map((index) => source.labels[index]!);
  return { confusion: confusionMatrix(truth, likeliest(probabilities, data.classes), data.classes), probabilities, truth };
}
