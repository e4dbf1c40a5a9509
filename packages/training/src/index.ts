/**
 * Optimizers, weight averaging, schedules, the loop and checkpoints, for TensorFlow.js and for runs that may be killed: with the state of
 * the optimizer, the averages, the samplers and the random streams in the checkpoint, a run that goes on equals one that never stopped.
 * On engines that use one core, replicas in other threads share a step. `@gleaner/training/node` has the files and the threads of Node.
 *
 * @module
 */
export { type AdamWOptions, createAdamW } from "./adamw.js";
export { answerAsReplica, type Replica, type ReplicaResult } from "./answer-as-replica.js";
export { areaUnderRoc } from "./area-under-roc.js";
export { type Channel, type Port, portChannel } from "./channel.js";
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type TensorData, type TensorType, type TensorValues } from "./checkpoint.js";
export { type CheckpointError, type CheckpointErrorTag, isCheckpointError } from "./checkpoint-error.js";
export {
  type ClassificationMetrics,
  type ClassMetrics,
  type ConfusionMatrix,
  classificationMetrics,
  confusionMatrix,
} from "./classification-metrics.js";
export { type ClippedGradients, clipByGlobalNorm } from "./clip.js";
export { randomInteger, randomNormal, shuffled } from "./draws.js";
export { createEma, type Ema, type EmaOptions } from "./ema.js";
export { type EvaluationStepsOptions, evaluationSteps } from "./evaluation-steps.js";
export { evenShares, type Share } from "./even-shares.js";
export {
  type LossGradients,
  lossGradients,
  type NamedVariablesOptions,
  type NamedWeight,
  namedVariables,
  type WeightOwner,
} from "./named-variables.js";
export type { Optimizer } from "./optimizer.js";
export { createRandom, type Random, type RandomSnapshot, restoreRandom } from "./random.js";
export { createReplicas, type Replicas } from "./replicas.js";
export { type LoopOptions, type LoopProgress, type LoopResult, type LoopTask, runLoop } from "./run-loop.js";
export { createSampler, restoreSampler, type Sampler, type SamplerSnapshot } from "./sampler.js";
export { cosineSchedule, fixMatchSchedule, linearRamp, linearWarmUp, type Schedule } from "./schedules.js";
export { createSgd, type SgdOptions } from "./sgd.js";
export { createSharedTensors, openSharedTensors, type SharedTensors, type SharedTensorsHandle } from "./shared-tensors.js";
export { createShuffledPasses, type ShuffledPasses, type ShuffledPassesOptions } from "./shuffled-passes.js";
export { sumInOrder } from "./sum-in-order.js";
export { type ErrorSummary, type Evaluation, summarizeErrors } from "./summarize-errors.js";
export { assignVariables, createTensors, readTensors } from "./tensors.js";
export { topKAccuracy } from "./top-k-accuracy.js";
