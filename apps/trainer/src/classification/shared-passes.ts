import type { SumAcross } from "@gleaner/classifier";
import type { ClassifierPredict } from "@gleaner/methods";
import { evenShares, lossGradients, sumInOrder } from "@gleaner/training";
import * as tf from "@tensorflow/tfjs";
import { partOf, type TensorData } from "../run/tensor-data.js";
import type { Conversation } from "./conversation.js";
import type { Classifier } from "./network.js";

// A forward pass on several engines. The thread that trains hands out the images, gathers the logits, makes the loss of all of them as if it had been
// alone, and hands out the gradient of the logits. On the way the normalizations sum their statistics over all shares. So a step is that of one engine
// up to rounding, whatever the loss does with its batch: thresholds, masks, means and aligned distributions are those of the whole.

/** What the thread that trains says in the course of a step: each forward pass, that there is no more, then the gradients, the last pass first. */
export type ToEngine =
  | { kind: "forward"; images: TensorData }
  | { kind: "backward" }
  | { kind: "gradient"; values: Float32Array }
  | { kind: "sums"; values: Float32Array };

/** What an engine beside it says. */
export type FromEngine = { kind: "logits"; values: Float32Array } | { kind: "sums"; values: Float32Array };

type Values<Message> = Extract<Message, { values: Float32Array }>;

/** What is said next, which both sides know the kind of. */
function hear<Hears extends { kind: string }>(other: Pick<Conversation<never, Hears>, "hear">, kind: Values<Hears>["kind"]): Float32Array {
  const message = other.hear();
  if (message.kind !== kind) throw new Error(`it said ${message.kind} where ${kind} was expected`);
  return (message as Values<Hears>).values;
}

/** An engine beside this one, as the thread that trains sees it. */
export type EngineBeside = Conversation<ToEngine, FromEngine>;
/** The thread that trains, as such an engine sees it. */
export type TrainingThread = Conversation<FromEngine, ToEngine>;

/** Sums of the statistics of all shares, in the order of the engines, for the normalizations of the thread that trains. */
export const sumWithEngines =
  (engines: readonly EngineBeside[]): SumAcross =>
  (own) => {
    const values = sumInOrder([own, ...engines.map((engine) => hear(engine, "sums"))]);
    for (const engine of engines) engine.say({ kind: "sums", values });
    return values;
  };

/** The same for an engine beside it, which learns the sums of all from there. */
export const sumWithTraining =
  (training: TrainingThread): SumAcross =>
  (values) => {
    training.say({ kind: "sums", values });
    return hear(training, "sums");
  };

/** A network in training whose images are shared out among this thread's engine, which gets the first ones, and those beside it. */
export function sharePasses(train: ClassifierPredict, engines: readonly EngineBeside[]): ClassifierPredict {
  return (images, options) => {
    const [mine, ...shares] = evenShares(images.shape[0]!, 1 + engines.length);
    const pixels = images.dataSync<"float32">();
    const tell = (say: (engine: EngineBeside, share: { from: number; to: number }) => void): void =>
      shares.forEach((share, i) => void say(engines[i]!, share));
    tell((engine, share) => engine.say({ kind: "forward", images: partOf(images.shape, pixels, share) }));
    const logits = train(tf.slice(images, 0, mine!.to), options);
    const classes = logits.shape[1];
    const others = shares.map((_, i) => hear(engines[i]!, "logits"));
    const join = tf.customGrad((own) => ({
      value: tf.concat([own as tf.Tensor2D, ...others.map((values) => tf.tensor2d(values, [values.length / classes, classes]))], 0),
      gradFunc(dy: tf.Tensor) {
        const values = dy.dataSync<"float32">();
        tell((engine, share) => engine.say({ kind: "gradient", values: partOf(dy.shape, values, share).values }));
        return tf.slice(dy, 0, mine!.to);
      },
    }));
    return join(logits) as tf.Tensor2D;
  };
}

/** The part of an engine beside the training in one step: its gradients, which the caller disposes. */
export function answerPasses(classifier: Pick<Classifier, "train" | "trainable">, training: TrainingThread): Record<string, tf.Tensor> {
  const { value, gradients } = lossGradients(() => {
    let total = tf.scalar(0);
    for (let said = training.hear(); said.kind === "forward"; said = training.hear()) {
      const { values, shape } = said.images;
      const logits = classifier.train(tf.tensor(values, shape));
      training.say({ kind: "logits", values: logits.dataSync<"float32">() });
      // Its value is of no interest: the loss is known where all logits are, and so is its gradient.
      const rest = tf.customGrad((own) => ({
        value: tf.scalar(0),
        gradFunc: () => tf.tensor(hear(training, "gradient"), (own as tf.Tensor).shape),
      }));
      total = tf.add(total, rest(logits));
    }
    return total;
  }, classifier.trainable);
  value.dispose();
  return gradients;
}
