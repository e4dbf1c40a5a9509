import { fileURLToPath } from "node:url";
import type { SumAcross } from "@gleaner/classifier";
import type { ClassificationBatch, ClassificationLoss, ClassificationMethod } from "@gleaner/methods";
import { type Channel, type LossGradients, lossGradients } from "@gleaner/training";
import { threadChannel } from "@gleaner/training/node";
import { endOfEngine, enginesBeside, openReplicas } from "../run/engine-threads.js";
import { type ConversationEnd, createConversation, openConversation } from "./conversation.js";
import type { Classifier } from "./network.js";
import type { ClassificationConfig } from "./schema.js";
import { type EngineBeside, sharePasses, sumWithEngines } from "./shared-passes.js";

/** Computes the steps of a training: on the engine of this thread, and on others beside it where that one has a single core. */
export interface ClassifierEngines {
  /** How many there are, this thread's among them. */
  count: number;
  /** The loss and the gradients of a batch, with the weights that the classifier has now. */
  gradients(method: ClassificationMethod, batch: ClassificationBatch, step: number): Promise<LossGradients & { loss: ClassificationLoss }>;
  close(): Promise<void>;
}

/** What the script of an engine beside this one is given. */
export interface ClassifierThread {
  config: ClassificationConfig;
  shape: readonly [number, number, number];
  classes: number;
  conversation: ConversationEnd;
}

/** Threads with an engine each, before they have a copy of the network. */
export interface ClassifierThreads {
  channels: readonly Channel[];
  engines: readonly EngineBeside[];
  /** What the network of this thread has to be made with; absent where it is alone. */
  sumAcross?: SumAcross;
}

const builtScript = fileURLToPath(new URL("./classifier-engine-worker.js", import.meta.url));

/** Starts the engines beside this one, at most one for each labeled image of a step: no pass is of fewer. */
export function openClassifierThreads(
  config: ClassificationConfig,
  network: Pick<ClassifierThread, "shape" | "classes">,
  script: string = builtScript,
): ClassifierThreads {
  const { workers, labeledBatch } = config.training;
  const opened = Array.from({ length: enginesBeside(workers, labeledBatch, script) }, (_, i) => {
    const [here, conversation] = createConversation();
    const thread: ClassifierThread = { config, ...network, conversation };
    return { channel: threadChannel(script, thread, [conversation.port]), engine: ofReplica(openConversation(here), i + 1) };
  });
  const [channels, engines] = [opened.map(({ channel }) => channel), opened.map(({ engine }) => engine)];
  return { channels, engines, ...(engines.length > 0 && { sumAcross: sumWithEngines(engines) }) };
}

/** What goes wrong beside this thread is told as the replicas tell it. */
function ofReplica(engine: EngineBeside, number: number): EngineBeside {
  return {
    ...engine,
    hear() {
      try {
        return engine.hear();
      } catch (error) {
        throw Object.assign(new Error(`replica ${number} failed: ${(error as Error).message}`, { cause: error }), { name: "ReplicaError" });
      }
    },
  };
}

export async function createClassifierEngines(
  { train, trainable }: Pick<Classifier, "train" | "trainable">,
  { channels, engines }: ClassifierThreads,
): Promise<ClassifierEngines> {
  const replicas = channels.length > 0 ? await openReplicas<null, null>(channels, trainable) : undefined;
  const predict = replicas ? sharePasses(train, engines) : train;
  const ofBatch = (method: ClassificationMethod, batch: ClassificationBatch, step: number) => {
    let loss: ClassificationLoss | undefined;
    const found = lossGradients(() => {
      loss = method.loss(predict, batch, step);
      for (const engine of engines) engine.say({ kind: "backward" });
      return loss.total;
    }, trainable);
    return { ...found, loss: loss! };
  };
  if (!replicas) return { count: 1, gradients: async (...step) => ofBatch(...step), close: async () => {} };
  return {
    count: 1 + replicas.count,
    async gradients(...step) {
      replicas.publish();
      const { own } = await replicas.run(new Array<null>(replicas.count).fill(null), () => ofBatch(...step)).catch(endOfEngine);
      const gradients = replicas.sumGradients(own.gradients);
      for (const gradient of Object.values(own.gradients)) gradient.dispose();
      return { ...own, gradients };
    },
    close: () => replicas.close(),
  };
}
