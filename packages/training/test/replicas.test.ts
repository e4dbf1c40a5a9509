import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { answerAsReplica, type Channel, createReplicas, createSgd, evenShares, lossGradients, portChannel } from "../src/index.js";
import { threadChannel } from "../src/node.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

interface Task {
  x: number[];
  y: number[];
  /** Milliseconds that the replica takes at least. */
  wait?: number;
}

const createVariables = (start = 0.5) => ({ slope: tf.variable(tf.scalar(start)), offset: tf.variable(tf.tensor1d([start, -start])) });
type Variables = ReturnType<typeof createVariables>;

/** Σ (slope·x + offset₀ + offset₁ − y)²: a sum over samples, so that shares add up. */
const shareOf = ({ slope, offset }: Variables, { x, y }: Task) =>
  lossGradients(() => tf.sum(tf.squaredDifference(tf.add(tf.mul(tf.tensor1d(x), slope), tf.sum(offset)), tf.tensor1d(y))) as tf.Scalar, {
    slope,
    offset,
  });

/** The other end, in this thread; `variables` are those of the replica. */
function openReplica(variables: Record<string, tf.Variable> = createVariables(7)): Channel {
  const { port1, port2 } = new MessageChannel();
  answerAsReplica<Task, number>(portChannel(port2), async () => ({
    variables,
    async work(task) {
      await new Promise((done) => setTimeout(done, task.wait ?? 0));
      const { value, gradients } = shareOf(variables as Variables, task);
      const answer = value.dataSync()[0]!;
      value.dispose();
      return { answer, gradients };
    },
  }));
  return portChannel(port1);
}

const samples = Array.from({ length: 7 }, (_, i) => ({ x: Math.sin(3 * i), y: Math.cos(5 * i) }));
const taskOf = ({ from, to }: { from: number; to: number }, wait = 0): Task => ({
  x: samples.slice(from, to).map(({ x }) => x),
  y: samples.slice(from, to).map(({ y }) => y),
  wait,
});

describe("replicas", () => {
  test("add up to the gradients of one engine, and train like it", async () => {
    const train = async (threads: number): Promise<number[]> => {
      const variables = createVariables();
      const replicas = await createReplicas<Task, number>(
        Array.from({ length: threads - 1 }, () => openReplica()),
        variables,
      );
      const sgd = createSgd({ momentum: 0.9 });
      const losses: number[] = [];
      for (let step = 0; step < 4; step++) {
        replicas.publish();
        const [mine, ...rest] = evenShares(samples.length, threads).map((share) => taskOf(share));
        const { own, answers } = await replicas.run(rest, () => shareOf(variables, mine!));
        losses.push(own.value.dataSync()[0]! + answers.reduce((a, b) => a + b, 0));
        sgd.apply(variables, replicas.sumGradients(own.gradients), 0.01);
      }
      await replicas.close();
      return [...losses, variables.slope.dataSync()[0]!, ...variables.offset.dataSync()];
    };
    const alone = await train(1);
    for (const threads of [2, 3]) for (const [i, value] of (await train(threads)).entries()) expect(value).toBeCloseTo(alone[i]!, 4);
  });

  test("give the same bits whoever is first, and only those that were asked", async () => {
    const variables = createVariables();
    const replicas = await createReplicas<Task, number>([openReplica(), openReplica(), openReplica()], variables);
    const shares = evenShares(samples.length, 4);
    const sum = async (waits: number[]): Promise<number[]> => {
      const tasks = shares.slice(1).map((share, i) => taskOf(share, waits[i]));
      const { own } = await replicas.run(tasks.slice(0, waits.length), () => shareOf(variables, taskOf(shares[0]!)));
      const { slope, offset } = replicas.sumGradients(own.gradients);
      return [...slope!.dataSync(), ...offset!.dataSync()];
    };
    const first = await sum([0, 10, 20]);
    expect(await sum([20, 0, 10])).toEqual(first);
    const fewer = await sum([0]);
    const { gradients } = shareOf(variables, taskOf({ from: 0, to: shares[1]!.to }));
    expect(fewer[0]).toBeCloseTo(gradients["slope"]!.dataSync()[0]!, 4);
    expect(await sum([0, 10, 20])).toEqual(first);
    await expect(replicas.run([taskOf(shares[0]!), ...shares.map((share) => taskOf(share))], () => 0)).rejects.toThrow(
      "there are 5 tasks, expected at most 3",
    );
    await replicas.close();
  });

  test("compute with what was published last, not with what the variables hold", async () => {
    const variables = createVariables(0);
    const replicas = await createReplicas<Task, number>([openReplica()], variables);
    const task = { x: [0], y: [3] };
    const answer = async () => (await replicas.run([task], () => 0)).answers[0];
    expect(await answer()).toBe(9);
    variables.offset.assign(tf.tensor1d([1, 1]));
    expect(await answer()).toBe(9);
    replicas.publish();
    expect(await answer()).toBe(1);
    await replicas.close();
  });

  test("a variable without a gradient has none in the sum, and no tensor is left over", async () => {
    const variables = createVariables();
    const replicas = await createReplicas<Task, number>([openReplica()], variables);
    const before = tf.memory().numTensors;
    const { own } = await replicas.run([], () => ({}));
    expect(replicas.sumGradients(own)).toEqual({});
    await replicas.run([taskOf({ from: 0, to: 2 })], () => 0);
    const sums = replicas.sumGradients({});
    expect(Object.keys(sums)).toEqual(["slope", "offset"]);
    tf.dispose(Object.values(sums));
    expect(tf.memory().numTensors).toBe(before);
    await replicas.close();
  });
});

describe("what goes wrong in a replica is one sentence here", () => {
  test("in a task, and from then on", async () => {
    const replicas = await createReplicas<Task, number>([openReplica(), openReplica()], createVariables());
    const bad = { x: [1], y: [1, 2, 3] } as Task;
    const failure = { name: "ReplicaError", message: expect.stringMatching(/^replica 2 failed: .*shape.*$/) };
    await expect(replicas.run([taskOf({ from: 0, to: 1 }), bad], () => 0)).rejects.toMatchObject(failure);
    await expect(replicas.run([bad, bad], () => 0)).rejects.toMatchObject({ name: "ReplicaError" });
    await replicas.close();
  });

  test("when it is opened", async () => {
    const refused = (variables: Record<string, tf.Variable>) => createReplicas([openReplica(variables)], createVariables());
    await expect(refused({ slope: tf.variable(tf.scalar(0)) })).rejects.toThrow(
      "replica 1 failed: the replica has no such variable for offset, expected the shape [2] as in the network that is trained",
    );
    await expect(refused({ ...createVariables(), slope: tf.variable(tf.zeros([2])) })).rejects.toThrow(
      "the replica has the shape [2] for slope, expected the shape [] as",
    );
    const { port1, port2 } = new MessageChannel();
    answerAsReplica(portChannel(port2), () => Promise.reject(new Error("no engine here")));
    await expect(createReplicas([portChannel(port1)], createVariables())).rejects.toThrow("replica 1 failed: no engine here");
  });

  test("when its thread throws or ends", async () => {
    const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const open = (code: string) => createReplicas([threadChannel(script(code))], createVariables());
    await expect(open("throw new Error('out of memory')")).rejects.toThrow("replica 1 failed: out of memory");
    await expect(open("process.exit(3)")).rejects.toThrow("replica 1 failed: its thread ended with code 3");
  });

  test("what is transferred is the thread's own afterward", async () => {
    const { port1, port2 } = new MessageChannel();
    const code = "import { workerData } from 'node:worker_threads'; workerData.port.postMessage('here');";
    const script = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const heard = new Promise((resolve) => port1.addEventListener("message", (event) => resolve((event as MessageEvent).data)));
    port1.start();
    const channel = threadChannel(script, { port: port2 }, [port2 as never]);
    expect(await heard).toBe("here");
    port1.close();
    await channel.close();
    expect(() => threadChannel(script, { port: new MessageChannel().port1 })).toThrow(/transfer/);
  });

  test("an error of this thread's own work is thrown as it is", async () => {
    const replicas = await createReplicas<Task, number>([openReplica()], createVariables());
    const fail = () => {
      throw new RangeError("mine");
    };
    await expect(replicas.run([taskOf({ from: 0, to: 1 })], fail)).rejects.toThrow(new RangeError("mine"));
    expect((await replicas.run([{ x: [0], y: [0] }], () => 0)).answers).toEqual([0]);
    await replicas.close();
  });
});
