import * as tf from "@tensorflow/tfjs-core";

/** Operators of their own for both directions, where the engine has them; each is the gradient of the other. */
const fusedKernel = "GleanerBlocksToChannels";

/**
 * Gathers blocks of 2×2×2 voxels into channels: [n, d, h, w, c] to [n, d/2, h/2, w/2, 8c], the voxel of a block slower than its channel.
 * The pairs along x already lie side by side; those along y and z are brought together by one transpose of rank 4 each, which every backend has.
 */
function blocksToChannels(x: tf.Tensor5D): tf.Tensor5D {
  if (x.dtype === "float32" && tf.getKernel(fusedKernel, tf.getBackend())) return rearrange(x);
  const [n, d, h, w, c] = x.shape;
  const alongY = tf.transpose(tf.reshape(x, [(n * d * h) / 2, 2, w / 2, 2 * c]), [0, 2, 1, 3]);
  const alongZ = tf.transpose(tf.reshape(alongY, [(n * d) / 2, 2, (h * w) / 4, 4 * c]), [0, 2, 1, 3]);
  return tf.reshape(alongZ, [n, d / 2, h / 2, w / 2, 8 * c]);
}

function rearrange(x: tf.Tensor5D): tf.Tensor5D {
  const run = (name: string, t: tf.Tensor): tf.Tensor => tf.engine().runKernel(name, { x: t }) as tf.Tensor;
  const op = tf.customGrad((...args) => ({
    value: run(fusedKernel, args[0] as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [run("GleanerChannelsToBlocks", dy)],
  }));
  return op(x) as tf.Tensor5D;
}

/** The kernel [k, k, k, c, filters] as one over blocks, [blocks, blocks, blocks, 8c, filters], with zeros where it does not reach. */
function kernelOverBlocks(kernel: tf.Tensor5D): tf.Tensor5D {
  const [k, , , c, filters] = kernel.shape;
  // A kernel of one block has the order of its channels already.
  if (k === 2) return tf.reshape(kernel, [1, 1, 1, 8 * c, filters]);
  // The kernel reaches (k − 2)/2 voxels beyond the block on each side; with zeros it covers whole blocks.
  const blocks = 2 * Math.floor(k / 4) + 1;
  const extra = (2 * blocks - k) / 2;
  const padded = tf.pad(tf.reshape(kernel, [k, k, k, c * filters]), [
    [extra, extra],
    [extra, extra],
    [extra, extra],
    [0, 0],
  ]);
  // Split each axis into block and place in the block, one axis a step, so that no rank is above 5.
  const byZ = tf.reshape(padded, [blocks, 2, blocks, 2, blocks * 2 * c * filters]);
  const yOut = tf.reshape(tf.transpose(byZ, [0, 2, 1, 3, 4]), [blocks * blocks, 4, blocks, 2 * c * filters]);
  return tf.reshape(tf.transpose(yOut, [0, 2, 1, 3]), [blocks, blocks, blocks, 8 * c, filters]);
}

/**
 * A convolution with an even kernel at stride 2 and symmetric padding, as one of stride 1 over blocks of 2×2×2 voxels.
 *
 * The values are those of `tf.conv3d(x, kernel, 2, "same")` for even extents. Engines have fast paths for stride 1 and for many channels, and
 * few for the gradients of strided convolutions: TensorFlow's filter gradient of a first layer, with its one channel, took 40 times as long
 * as all other operators of a training step together.
 *
 * @param x [n, d, h, w, c] with even extents
 * @param kernel [k, k, k, c, filters], k even
 */
export function stride2Conv3d(x: tf.Tensor5D, kernel: tf.Tensor5D): tf.Tensor5D {
  return tf.tidy(() => {
    const overBlocks = kernelOverBlocks(kernel);
    const input = blocksToChannels(x);
    const [blocks, , , c, filters] = overBlocks.shape;
    if (blocks > 1) return tf.conv3d(input, overBlocks, 1, "same");
    const [n, d, h, w] = input.shape;
    return tf.reshape(tf.matMul(tf.reshape(input, [-1, c]), tf.reshape(overBlocks, [c, filters])), [n, d, h, w, filters]);
  });
}
