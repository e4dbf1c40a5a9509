import { type CtAugment, type CtAugmentSnapshot, createCtAugment, restoreCtAugment } from "@gleaner/augment";
import type { ClassificationMethod, ClassificationMethodSnapshot } from "@gleaner/methods";
import {
  assignVariables,
  createEma,
  createSgd,
  createTensors,
  type Ema,
  type Optimizer,
  readTensors,
  type TensorValues,
} from "@gleaner/training";
import { loadCheckpoint, saveCheckpoint } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { inputError } from "../errors.js";
import { underPrefix, withPrefix } from "../run/training-state.js";
import type { Classifier } from "./network.js";
import type { ClassificationConfig } from "./schema.js";

/** What a network takes and says; with the weights, all that is needed to use it. */
export interface ClassifierInput {
  shape: [height: number, width: number, channels: number];
  classNames: string[];
  /** Of each channel, in 0..1. */
  mean: number[];
  deviation: number[];
}

/** What is averaged until the next line of the log. */
interface LogSums {
  count: number;
  sums: Record<string, number>;
}

/** All that a classification run needs to go on as if it had never stopped; its batches are functions of seed and step. */
export interface ClassifierState {
  /** Steps done. */
  step: number;
  input: ClassifierInput;
  classifier: Classifier;
  method: ClassificationMethod;
  optimizer: Optimizer;
  ema: Ema;
  /** What the classifier still recognizes, where strong views are CTAugment's. */
  ctAugment?: CtAugment;
  log: LogSums;
  /** The lowest validation error so far; null while there is none. */
  best: { step: number; error: number } | null;
}

export function createClassifierState(
  config: ClassificationConfig,
  input: ClassifierInput,
  classifier: Classifier,
  method: ClassificationMethod,
): ClassifierState {
  const { momentum, weightDecay, emaDecay } = config.training;
  return {
    step: 0,
    input,
    classifier,
    method,
    // In the papers' programs what is called bn or bias is spared; that leaves the kernels.
    optimizer: createSgd({ momentum, nesterov: momentum > 0, weightDecay, exclude: (name) => !name.endsWith("kernel") }),
    ema: createEma(classifier.trainable, { decay: emaDecay }),
    ...(config.augmentation.strong === "ctaugment" && { ctAugment: createCtAugment() }),
    log: { count: 0, sums: {} },
    best: null,
  };
}

/** The classes that images count for are many: they go with the tensors. */
const curriculumLabels = "curriculum/labels";

export async function saveClassifierState(path: string, state: ClassifierState): Promise<void> {
  const { step, input, method, log, best, ctAugment } = state;
  const { curriculum, ...rest } = method.snapshot();
  const { labels, ...settings } = curriculum ?? {};
  const copies = { ...withPrefix("ema/", state.ema.snapshot()), ...withPrefix("optimizer/", state.optimizer.snapshot()) };
  try {
    const tensors: Record<string, TensorValues> = await readTensors({ ...withPrefix("model/", state.classifier.variables), ...copies });
    if (labels) tensors[curriculumLabels] = { dtype: "I32", shape: [labels.length], data: Int32Array.from(labels) };
    saveCheckpoint(path, {
      tensors,
      meta: {
        task: "classification",
        step,
        input,
        log,
        best,
        ...(ctAugment && { ctAugment: ctAugment.snapshot() }),
        method: { ...rest, ...(curriculum && { curriculum: settings }) },
      },
    });
  } finally {
    tf.dispose(Object.values(copies));
  }
}

interface Meta {
  step?: number;
  input?: unknown;
  log?: LogSums;
  best?: ClassifierState["best"];
  method?: ClassificationMethodSnapshot;
  ctAugment?: CtAugmentSnapshot;
}

/** Puts a checkpoint into a fresh state of the same configuration. */
export function restoreClassifierState(path: string, state: ClassifierState): ClassifierState {
  const checkpoint = loadCheckpoint(path);
  const { step, log, best, method, ctAugment } = (checkpoint.meta ?? {}) as Meta;
  if (!Number.isInteger(step) || !log || best === undefined || !method || (state.ctAugment && !ctAugment))
    throw inputError(`${path} holds no state to resume from; expected a checkpoint of \`gleaner train\``);
  const { [curriculumLabels]: labels, ...values } = checkpoint.tensors;
  const tensors = createTensors(values);
  try {
    assignVariables(state.classifier.variables, underPrefix("model/", tensors));
    state.ema.restore(underPrefix("ema/", tensors));
    state.optimizer.restore(underPrefix("optimizer/", tensors));
    state.method.restore({
      ...method,
      ...(method.curriculum && labels && { curriculum: { ...method.curriculum, labels: Array.from(labels.data as Int32Array) } }),
    });
    return { ...state, step: step!, log, best, ...(ctAugment && { ctAugment: restoreCtAugment(ctAugment) }) };
  } catch (error) {
    throw inputError(`${path} does not fit its configuration: ${(error as Error).message}`, error);
  } finally {
    tf.dispose(Object.values(tensors));
  }
}

const channelValues = (least: number) => z.array(z.number().min(least).max(1)).min(1).max(3);
const inputOf = z.object({
  shape: z.tuple([z.int().min(1).max(4096), z.int().min(1).max(4096), z.int().min(1).max(3)]),
  classNames: z.array(z.string()).min(1).max(100_000),
  mean: channelValues(0),
  deviation: channelValues(Number.MIN_VALUE),
});

/** What the network of a checkpoint takes and says. */
export function readInput(path: string): ClassifierInput {
  const result = inputOf.safeParse(((loadCheckpoint(path).meta ?? {}) as Meta).input);
  if (!result.success) throw inputError(`${path} holds no trained classifier; expected a checkpoint of \`gleaner train\``);
  return result.data;
}

/** Puts the averaged weights and the running statistics of a checkpoint into a network, to use it; gives back how many steps it had. */
export function loadAverages(path: string, classifier: Classifier): number {
  const { tensors: values, meta } = loadCheckpoint(path);
  const { step } = (meta ?? {}) as Meta;
  if (step === undefined || !Number.isInteger(step))
    throw inputError(`${path} holds no trained classifier; expected a checkpoint of \`gleaner train\``);
  const wanted = { ...underPrefix("model/", values), ...underPrefix("ema/average/", values) };
  const tensors = createTensors(wanted);
  try {
    assignVariables(classifier.variables, tensors);
    return step;
  } catch (error) {
    throw inputError(`${path} does not fit the network of its configuration: ${(error as Error).message}`, error);
  } finally {
    tf.dispose(Object.values(tensors));
  }
}
