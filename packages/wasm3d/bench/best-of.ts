import * as tf from "@tensorflow/tfjs";

/** The shortest of several runs, in seconds; the tensors of each are disposed. */
export function bestOf(rounds: number, work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    tf.tidy(() => void work());
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}
