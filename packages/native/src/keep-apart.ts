import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { affinityName } from "./compile-binding.js";

/** The threads of this process by id, with the time that each has computed, in nanoseconds; none where the system does not tell. */
export function threadTimes(): Map<number, number> {
  try {
    const threads = readdirSync("/proc/self/task");
    return new Map(threads.map((id) => [Number(id), Number(readFileSync(`/proc/self/task/${id}/schedstat`, "utf8").split(" ")[0])]));
  } catch {
    return new Map();
  }
}

const tries = 20;
const wokenNs = 5000;

/** Which of the threads that were not there before take part in an operator that splits its work, once there are `count` of them. */
function workers(before: ReadonlyMap<number, number>, count: number): number[] {
  const x = tf.ones([384, 384]);
  const start = threadTimes();
  const found = new Set<number>();
  for (let i = 0; i < tries && found.size < count; i++) {
    tf.dispose(tf.matMul(x, x));
    for (const [id, time] of threadTimes()) if (!before.has(id) && time - (start.get(id) ?? 0) > wokenNs) found.add(id);
  }
  x.dispose();
  return [...found];
}

/**
 * Gives each of TensorFlow's threads a processor of its own, where there are as many as processors (Linux only).
 *
 * The thread that calls an operator sleeps while others compute it, so three threads share two processors, and Linux then often leaves both
 * workers on one of them: a convolution takes twice as long, for seconds. PyTorch's threads do not meet with this, since the caller is one.
 *
 * @param folder of the binding
 * @param before threads that were there before TensorFlow was loaded
 * @param threads how many TensorFlow was told to use
 * @returns whether it was done
 */
export function keepThreadsApart(folder: string, before: ReadonlyMap<number, number>, threads: number): boolean {
  if (before.size === 0 || threads < 2 || threads !== availableParallelism()) return false;
  const found = workers(before, threads);
  if (found.length !== threads) return false;
  const { keepApart } = createRequire(join(folder, "x"))(join(folder, affinityName)) as { keepApart: (threads: number[]) => boolean };
  return keepApart(found);
}
