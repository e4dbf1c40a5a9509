import * as tf from "@tensorflow/tfjs-core";
import { cumulation, padding, reversal } from "./along-axes.js";
import { binaryByChannel } from "./binary.js";
import type { Inputs, KernelBackend, Repair } from "./kernel.js";
import { longSum } from "./long-sum.js";
import { selection } from "./select.js";

const backendName = "webgpu";

const binary = binaryByChannel("a", "b");

/** Kernels of @tensorflow/tfjs-backend-webgpu 4.22 that are wrong or missing at the ranks of volumes, and one that is wrong for many tensors. */
const repairs: Record<string, Repair> = {
  ...Object.fromEntries(
    [tf.Add, tf.Sub, tf.Multiply, tf.RealDiv, tf.FloorDiv, tf.Mod, tf.Pow, tf.Maximum, tf.Minimum, tf.SquaredDifference, tf.Atan2]
      .concat([tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.LogicalAnd, tf.LogicalOr])
      .map((name) => [name, binary]),
  ),
  [tf.Prelu]: binaryByChannel("x", "alpha"),
  [tf.PadV2]: padding,
  [tf.MirrorPad]: padding,
  [tf.Reverse]: reversal,
  [tf.Cumsum]: cumulation,
  [tf.Cumprod]: cumulation,
  [tf.Select]: selection,
  [tf.AddN]: longSum,
};

// A registered name, so that the ESM and the CommonJS build of this package agree on what was done.
const repaired = Symbol.for("@gleaner/engine repaired kernel");

/** Puts the repaired kernels in the place of the stock ones, once; needs @tensorflow/tfjs-backend-webgpu to have been imported. */
export function registerWebgpuKernels(): void {
  for (const [kernelName, repair] of Object.entries(repairs)) {
    const stock = tf.getKernel(kernelName, backendName);
    if (!stock || repaired in stock.kernelFunc) continue;
    const kernelFunc: tf.KernelFunc = ({ inputs, backend, attrs = {} }) =>
      repair(
        (given, attributes) =>
          stock.kernelFunc({ inputs: given as tf.NamedTensorInfoMap, backend, attrs: attributes as tf.NamedAttrMap }) as tf.TensorInfo,
        inputs as Inputs,
        attrs,
        backend as KernelBackend,
      );
    // Replacing without this would print a warning for each kernel.
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ ...stock, kernelFunc: Object.assign(kernelFunc, { [repaired]: true }) });
  }
}
