import * as tf from "@tensorflow/tfjs-core";

// Two maps that are each other's transpose, made of reshapes, concatenations and additions of matrices: right and fast on every backend. Engines
// may have an operator of their own for each (see the README).

const repeatKernel = "GleanerUpsampleNearest3d";
const sumKernel = "GleanerUpsampleNearest3dGrad";
const hasKernel = (name: string, x: tf.Tensor): boolean => x.dtype === "float32" && tf.getKernel(name, tf.getBackend()) != null;

/** Each row of a matrix twice in a row's length: [m, k] becomes [m, 2k]. */
const twice = (x: tf.Tensor, m: number, k: number): tf.Tensor => {
  const rows = tf.reshape(x, [m, k]);
  return tf.concat([rows, rows], 1);
};

/** The transpose of {@link twice}: [m, 2k] becomes [m, k]. */
const halved = (x: tf.Tensor, m: number, k: number): tf.Tensor => {
  const [first, second] = tf.split(tf.reshape(x, [m, 2 * k]), 2, 1);
  return tf.add(first!, second!);
};

type Shape5 = [number, number, number, number, number];

/** Doubling x copies voxels, doubling y copies rows, doubling z copies slices; of the small shape. */
const stepsOf = ([n, d, h, w, c]: Shape5) =>
  [
    [n * d * h * w, c],
    [n * d * h, 2 * w * c],
    [n * d, 4 * h * w * c],
  ] as const;

/** Every voxel as 2×2×2 of the same: [n, d, h, w, c] becomes [n, 2d, 2h, 2w, c]. */
export function repeatInBlocks(x: tf.Tensor5D): tf.Tensor5D {
  if (hasKernel(repeatKernel, x)) return tf.engine().runKernel(repeatKernel, { x }) as tf.Tensor5D;
  const [n, d, h, w, c] = x.shape;
  const doubled = stepsOf(x.shape).reduce((t, [m, k]) => twice(t, m, k), x as tf.Tensor);
  return tf.reshape(doubled, [n, 2 * d, 2 * h, 2 * w, c]);
}

/** The sum of every 2×2×2 voxels: [n, 2d, 2h, 2w, c] becomes [n, d, h, w, c]. */
export function sumOfBlocks(x: tf.Tensor5D): tf.Tensor5D {
  if (hasKernel(sumKernel, x)) return tf.engine().runKernel(sumKernel, { dy: x }) as tf.Tensor5D;
  const [n, d, h, w, c] = x.shape;
  const small: Shape5 = [n, d / 2, h / 2, w / 2, c];
  return tf.reshape(
    stepsOf(small).reduceRight((t, [m, k]) => halved(t, m, k), x as tf.Tensor),
    small,
  );
}
