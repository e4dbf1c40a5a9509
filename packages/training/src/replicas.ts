import * as tf from "@tensorflow/tfjs-core";
import type { Channel } from "./channel.js";
import type { FromReplica, ToReplica } from "./replica-messages.js";
import { createSharedTensors, type SharedTensors } from "./shared-tensors.js";
import { sumInOrder } from "./sum-in-order.js";

/** Copies of a network in other threads, which share the work of a step with this one. */
export interface Replicas<Task, Answer> {
  /** How many there are; this thread does not count. */
  readonly count: number;
  /** Lets the replicas compute with the values that the variables have now, from their next task on. */
  publish(): void;
  /**
   * Gives the first replicas one task each, does this thread's own work meanwhile, and waits for the answers.
   *
   * @throws RangeError for more tasks than replicas
   * @throws Error with the name ReplicaError and one sentence if a replica fails or has failed; what `own` throws
   */
  run<Own>(tasks: readonly Task[], own: () => Own): Promise<{ own: Own; answers: Answer[] }>;
  /**
   * This thread's gradients plus those that the last `run` left, in the order of the replicas: the same bits whoever was first.
   *
   * @returns new tensors, owned by the caller; a variable that no thread has a gradient for has no entry
   */
  sumGradients(own: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor>;
  /** Ends the other threads. */
  close(): Promise<void>;
}

const replicaError = (text: string, cause?: unknown): Error =>
  Object.assign(new Error(text, cause === undefined ? undefined : { cause }), { name: "ReplicaError" });

/**
 * Data-parallel training: opens a replica of a network at the other end of each channel, for engines that use one core.
 *
 * Weights go to the replicas and gradients come back through memory that the threads share; tasks and answers are posted. Each replica
 * computes the gradients of its share of a batch, which add up to those of the whole where the loss is a sum over samples: a mean has to be
 * weighted by the shares. Optimizer and averages stay in this thread. A batch norm sees its thread's share alone.
 *
 * @param channels to threads that call `answerAsReplica`; they are closed if one cannot be opened
 * @param variables those that are trained, float32, by name
 * @throws Error with the name ReplicaError if a replica cannot be opened
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { answerAsReplica, createReplicas, lossGradients, portChannel } from "@gleaner/training";
 * // The loss Σ w·x over a share of the batch; its gradient is Σ x.
 * const shareOf = (w: tf.Variable, x: number[]) => lossGradients(() => tf.sum(tf.mul(w, tf.tensor1d(x))), { w });
 * const { port1, port2 } = new MessageChannel();
 * answerAsReplica(portChannel(port2), async () => {
 *   const w = tf.variable(tf.scalar(0));
 *   return {
 *     variables: { w },
 *     work(x: number[]) {
 *       const { value, gradients } = shareOf(w, x);
 *       return { answer: value.dataSync()[0]!, gradients };
 *     },
 *   };
 * });
 * const w = tf.variable(tf.scalar(2));
 * const replicas = await createReplicas<number[], number>([portChannel(port1)], { w });
 * replicas.publish();
 * const { own, answers } = await replicas.run([[3, 4]], () => shareOf(w, [1, 2]));
 * answers; // => [14]
 * replicas.sumGradients(own.gradients)["w"]; // => 10
 * await replicas.close();
 * ```
 */
export async function createReplicas<Task, Answer>(
  channels: readonly Channel[],
  variables: Readonly<Record<string, tf.Variable>>,
): Promise<Replicas<Task, Answer>> {
  const shapes = Object.fromEntries(Object.entries(variables).map(([name, { shape }]) => [name, shape]));
  const weights = createSharedTensors(shapes);
  const replicas = channels.map((channel, i) => openReplica<Task, Answer>(channel, i + 1, weights, createSharedTensors(shapes)));
  const close = async (): Promise<void> => {
    await Promise.all(channels.map((channel) => channel.close()));
  };
  weights.write(variables);
  try {
    await Promise.all(replicas.map(({ ready }) => ready));
  } catch (error) {
    await close();
    throw error;
  }
  let asked = 0;
  return {
    count: replicas.length,
    publish: () => weights.write(variables),
    async run(tasks, own) {
      if (tasks.length > replicas.length) throw new RangeError(`there are ${tasks.length} tasks, expected at most ${replicas.length}`);
      asked = tasks.length;
      const answers = Promise.all(tasks.map((task, i) => replicas[i]!.ask(task)));
      // If this thread's own work throws, nobody waits for the others.
      answers.catch(() => {});
      const done = own();
      return { own: done, answers: await answers };
    },
    sumGradients(own) {
      const names = Object.keys(shapes);
      const others = replicas.slice(0, asked).map(({ gradients }) => gradients);
      const sums = names.map((name): [string, tf.Tensor] | undefined => {
        const parts = [own[name]?.dataSync<"float32">(), ...others.map((gradients) => gradients.values(name))].filter(
          (part) => part !== undefined,
        );
        return parts.length > 0 ? [name, tf.tensor(sumInOrder(parts), shapes[name])] : undefined;
      });
      return Object.fromEntries(sums.filter((sum) => sum !== undefined));
    },
    close,
  };
}

function openReplica<Task, Answer>(channel: Channel, number: number, weights: SharedTensors, gradients: SharedTensors) {
  type Waiting<T> = { resolve: (value: T) => void; reject: (error: Error) => void };
  const open = new Map<number, Waiting<Answer>>();
  let opening: Waiting<void> | undefined;
  let broken: Error | undefined;
  let next = 0;
  const fail = (reason: string, cause?: unknown): void => {
    broken ??= replicaError(`replica ${number} failed: ${reason}`, cause);
    opening?.reject(broken);
    for (const { reject } of open.values()) reject(broken);
    open.clear();
    channel.hold?.(false);
  };
  const ready = new Promise<void>((resolve, reject) => {
    opening = { resolve, reject };
  });
  channel.listen(
    (message) => {
      const said = message as FromReplica<Answer>;
      if (said.kind === "failed") return fail(said.text);
      if (said.kind === "ready") opening?.resolve();
      else {
        open.get(said.id)?.resolve(said.answer);
        open.delete(said.id);
      }
      if (open.size === 0) channel.hold?.(false);
    },
    (error) => fail(error.message, error),
  );
  const post = (message: ToReplica<Task>): void => channel.post(message);
  channel.hold?.(true);
  post({ kind: "open", weights: weights.handle, gradients: gradients.handle });
  return {
    ready,
    gradients,
    ask: (task: Task) =>
      new Promise<Answer>((resolve, reject) => {
        if (broken) return reject(broken);
        const id = next++;
        open.set(id, { resolve, reject });
        channel.hold?.(true);
        post({ kind: "task", id, task });
      }),
  };
}
