import { parentPort, workerData } from "node:worker_threads";
import { type Channel, portChannel } from "@gleaner/training";
import { answerAsEngine } from "../run/answer-as-engine.js";
import type { ClassifierThread } from "./classifier-engines.js";
import { openConversation } from "./conversation.js";
import { createClassifier } from "./network.js";
import { answerPasses, type FromEngine, sumWithTraining, type ToEngine } from "./shared-passes.js";

// A thread that shares the steps of training a classifier.
const { config, shape, classes, conversation } = workerData as ClassifierThread;
const training = openConversation<FromEngine, ToEngine>(conversation);
const channel = portChannel(parentPort!);
// Within a step the thread that trains sleeps and reads no messages: how this one ends it has to hear in the conversation.
process.once("exit", (code) => training.fail(`its thread ended with code ${code}`));
const told: Channel = {
  ...channel,
  post(message) {
    const { kind, text } = message as { kind: string; text?: string };
    if (kind === "failed") training.fail(text!);
    channel.post(message);
  },
};
answerAsEngine<null, null>(told, () => {
  const classifier = createClassifier(config, shape, classes, sumWithTraining(training));
  return { variables: classifier.trainable, work: () => ({ answer: null, gradients: answerPasses(classifier, training) }) };
});
