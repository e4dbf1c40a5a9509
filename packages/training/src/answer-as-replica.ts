import * as tf from "@tensorflow/tfjs-core";
import type { Channel } from "./channel.js";
import type { FromReplica, ToReplica } from "./replica-messages.js";
import { openSharedTensors, type SharedTensors } from "./shared-tensors.js";

/** What a task gives: an answer that can be posted, and gradients by the names of the variables, which are disposed. */
export interface ReplicaResult<Answer> {
  answer: Answer;
  gradients?: Readonly<Record<string, tf.Tensor>>;
}

/** A copy of the network in another thread. */
export interface Replica<Task, Answer> {
  /** Of the names and shapes of those that are trained; before each task they get the values that were published last. */
  variables: Readonly<Record<string, tf.Variable>>;
  work(task: Task): ReplicaResult<Answer> | Promise<ReplicaResult<Answer>>;
}

/**
 * Makes this thread a replica: it answers the tasks of `createReplicas` on the other side, one after the other. What goes wrong is told there.
 *
 * @param channel to the thread that trains: `portChannel(parentPort)` in Node, `portChannel(self)` in a worker of a page
 * @param start makes the engine active and builds the network
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { answerAsReplica, portChannel } from "@gleaner/training";
 * const { port1, port2 } = new MessageChannel(); // in a thread of Node, port2 would be its parentPort
 * answerAsReplica(portChannel(port2), async () => {
 *   const w = tf.variable(tf.scalar(0));
 *   return { variables: { w }, work: (x: number) => ({ answer: w.dataSync()[0]! * x }) };
 * });
 * port1.close();
 * ```
 */
export function answerAsReplica<Task, Answer>(channel: Channel, start: () => Promise<Replica<Task, Answer>>): void {
  const say = (message: FromReplica<Answer>): void => channel.post(message);
  let open: { replica: Replica<Task, Answer>; weights: SharedTensors; gradients: SharedTensors; version: number } | undefined;

  const answer = async (message: ToReplica<Task>): Promise<void> => {
    if (message.kind === "open") {
      const [weights, gradients] = [openSharedTensors(message.weights), openSharedTensors(message.gradients)];
      const replica = await start();
      requireSameVariables(replica.variables, message.weights.shapes);
      open = { replica, weights, gradients, version: -1 };
      say({ kind: "ready" });
      return;
    }
    if (!open) throw new Error("a task came before the replica was opened");
    const version = open.weights.version();
    if (version !== open.version) assignShared(open.replica.variables, open.weights);
    open.version = version;
    const result = await open.replica.work(message.task);
    open.gradients.write(result.gradients ?? {});
    tf.dispose(Object.values(result.gradients ?? {}));
    say({ kind: "answer", id: message.id, answer: result.answer });
  };

  let last: Promise<void> = Promise.resolve();
  channel.listen(
    (message) => {
      last = last
        .then(() => answer(message as ToReplica<Task>))
        .catch((error: unknown) => say({ kind: "failed", text: error instanceof Error ? error.message : String(error) }));
    },
    // Without the other side there is nobody to tell.
    () => {},
  );
}

function requireSameVariables(variables: Readonly<Record<string, tf.Variable>>, shapes: Readonly<Record<string, readonly number[]>>): void {
  for (const name of new Set([...Object.keys(shapes), ...Object.keys(variables)])) {
    const [own, trained] = [variables[name]?.shape, shapes[name]].map((shape) => (shape ? `the shape [${shape}]` : "no such variable"));
    if (own !== trained) throw new RangeError(`the replica has ${own} for ${name}, expected ${trained} as in the network that is trained`);
  }
}

function assignShared(variables: Readonly<Record<string, tf.Variable>>, weights: SharedTensors): void {
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(variables)) {
      // A copy: an engine may keep the array that it is given, and the shared one changes.
      variable.assign(tf.tensor(Float32Array.from(weights.values(name)!), variable.shape));
    }
  });
}
