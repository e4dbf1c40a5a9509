import * as tf from "@tensorflow/tfjs-core";

/** Raise it when the step below, or a kernel that it runs, changes its speed: what was remembered before counts no more. */
export const probeRevision = 1;

/** Long enough to tell engines apart, short beside a start of training. */
const budgetMs = 500;
const [mostSteps, edge, channels] = [5, 32, 16];

/**
 * Milliseconds that one small step takes on the active backend: a 3×3×3 convolution of 32³ voxels from 16 to 16 channels with ReLU, and its two
 * gradients, 1.4 billion multiplications and additions in all.
 *
 * The best of up to five steps within half a second, after one that compiles kernels and fills caches.
 */
export async function measureStep(now: () => number = () => performance.now()): Promise<number> {
  const x = wave([1, edge, edge, edge, channels]);
  const filter = wave([3, 3, 3, channels, channels]);
  try {
    await step(x, filter);
    let best = Number.POSITIVE_INFINITY;
    const end = now() + budgetMs;
    for (let steps = 0; steps < mostSteps && (steps === 0 || now() < end); steps++) {
      const start = now();
      await step(x, filter);
      best = Math.min(best, now() - start);
    }
    return best;
  } finally {
    tf.dispose([x, filter]);
  }
}

/** Zeros would be skipped by some kernels, and denormal numbers slow others down. */
const wave = <R extends tf.Rank.R5>(shape: tf.ShapeMap[R]): tf.Tensor<R> =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(1.7 * i) / 8),
    shape,
  );

async function step(x: tf.Tensor5D, filter: tf.Tensor5D): Promise<void> {
  const total = tf.tidy(() => {
    const [byX, byFilter] = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.relu(tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, "same"))),
    )([x, filter]);
    return tf.add(tf.sum(byX!), tf.sum(byFilter!));
  });
  // A GPU has answered only when a number is read.
  await total.data();
  tf.dispose(total);
}
