import type { Curriculum } from "@gleaner/curriculum";
import { assignVariables, createAdamW, createEma, createTensors, type Ema, type Optimizer, readTensors } from "@gleaner/training";
import { loadCheckpoint, saveCheckpoint } from "@gleaner/training/node";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";
import { createObjectCurriculum, restoreObjectCurriculum } from "./object-rule.js";
import { createHardExamples, type HardExamples } from "./patch-hard-examples.js";
import type { PseudoPositives } from "./runaway-guard.js";

/** All that a run needs to go on as if it had never stopped; its batches are functions of seed and step. */
export interface TrainingState {
  /** Steps done. */
  step: number;
  variables: Record<string, tf.Variable>;
  optimizer: Optimizer;
  ema: Ema;
  /** Which labeled scans are hard, where a share of the patches comes from them. */
  hardExamples?: HardExamples;
  /** What flexible thresholds know of the unlabeled scans. */
  objectCurriculum?: Curriculum;
  pseudoPositives: PseudoPositives;
}

/** How many scans a state speaks of. */
export interface ScanCounts {
  labeled: number;
  unlabeled: number;
}

export function createTrainingState(config: Config, variables: Record<string, tf.Variable>, scans: ScanCounts): TrainingState {
  const objectCurriculum = config.method === "supervised" ? undefined : createObjectCurriculum(config, scans.unlabeled);
  return {
    step: 0,
    variables,
    // Decay is for the kernels: a shrunken scale or bias of a norm only moves the balance between channels.
    optimizer: createAdamW({ weightDecay: config.training.weightDecay, exclude: (name) => !name.endsWith("kernel") }),
    ema: createEma(variables, { decay: config.training.emaDecay }),
    ...(config.training.hardExamples > 0 && { hardExamples: createHardExamples(scans.labeled) }),
    ...(objectCurriculum && { objectCurriculum }),
    pseudoPositives: { highest: 0, recent: [] },
  };
}

/** The entries with a prefix before their names. */
export const withPrefix = <T>(prefix: string, values: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));

/** The entries under a prefix, without it. */
export const underPrefix = <T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );

export async function saveTrainingState(path: string, state: TrainingState): Promise<void> {
  const copies = { ...withPrefix("ema/", state.ema.snapshot()), ...withPrefix("optimizer/", state.optimizer.snapshot()) };
  try {
    const tensors = await readTensors({ ...withPrefix("model/", state.variables), ...copies });
    const { step, pseudoPositives, hardExamples, objectCurriculum } = state;
    saveCheckpoint(path, {
      tensors,
      meta: {
        step,
        pseudoPositives,
        ...(hardExamples && { hardExamples: hardExamples.snapshot() }),
        ...(objectCurriculum && { objectCurriculum: { ...objectCurriculum.snapshot() } }),
      },
    });
  } finally {
    tf.dispose(Object.values(copies));
  }
}

/** Puts a checkpoint into a fresh state of the same configuration and scans. */
export function restoreTrainingState(path: string, config: Config, state: TrainingState, scans: ScanCounts): TrainingState {
  const checkpoint = loadCheckpoint(path);
  const { step, pseudoPositives, hardExamples, objectCurriculum } = (checkpoint.meta ?? {}) as Partial<
    Pick<TrainingState, "step" | "pseudoPositives">
  > & { hardExamples?: unknown; objectCurriculum?: unknown };
  const lacksPart = (state.hardExamples && !hardExamples) || (state.objectCurriculum && !objectCurriculum);
  if (!Number.isInteger(step) || !pseudoPositives || lacksPart)
    throw inputError(`${path} holds no state to resume from; expected a checkpoint of \`gleaner train\``);
  const tensors = createTensors(checkpoint.tensors);
  try {
    assignVariables(state.variables, underPrefix("model/", tensors));
    state.ema.restore(underPrefix("ema/", tensors));
    state.optimizer.restore(underPrefix("optimizer/", tensors));
  } catch (error) {
    throw inputError(`${path} does not fit the network of its configuration: ${(error as Error).message}`, error);
  } finally {
    tf.dispose(Object.values(tensors));
  }
  try {
    return {
      ...state,
      step: step!,
      pseudoPositives,
      ...(state.hardExamples && { hardExamples: createHardExamples(scans.labeled, hardExamples) }),
      ...(state.objectCurriculum && { objectCurriculum: restoreObjectCurriculum(config, scans.unlabeled, objectCurriculum) }),
    };
  } catch (error) {
    throw inputError(`${path} does not fit its run: ${(error as Error).message}`, error);
  }
}
