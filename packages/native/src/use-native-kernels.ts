import * as tf from "@tensorflow/tfjs-core";
import { NativeError } from "./errors.js";
import { registerActivationGradients } from "./kernels/activations.js";
import { registerBatchNorm } from "./kernels/batch-norm.js";
import { registerBiasAdd } from "./kernels/bias-add.js";
import { registerChannelSum } from "./kernels/channel-sum.js";
import { registerConvBias } from "./kernels/conv-bias.js";
import { registerConv3d } from "./kernels/conv3d.js";
import { registerDetectionLoss } from "./kernels/detection-loss.js";
import { registerFocalLoss } from "./kernels/focal-loss.js";
import { registerGroupNorm, registerGroupNormAddRelu } from "./kernels/group-norm.js";
import { registerImageTransform } from "./kernels/image-transform.js";
import { registerIntegerOperators } from "./kernels/integers.js";
import { backendName } from "./kernels/operator.js";
import { registerReshape } from "./kernels/reshape.js";
import { registerUpdates } from "./kernels/updates.js";
import { registerVoxelBlocks } from "./kernels/voxel-blocks.js";
import type { NodeBackend } from "./tfjs-modules.js";

/**
 * Registers, on the backend "tensorflow", kernels that TensorFlow has and TensorFlow.js does not use, and this package's own in C++.
 *
 * After it the gradients of ReLU and of the logistic function are one operator each; an addition of one number to each channel, and its
 * gradient, are BiasAdd and BiasAddGrad; and the kernels named `Gleaner…` of the README can be asked for by
 * `tf.getKernel(name, tf.getBackend())`. Other backends of the process behave as before. Calling it again changes nothing.
 *
 * Call it after {@link loadNative}, and after `@tensorflow/tfjs` was imported, whose gradients it wraps.
 *
 * @throws NativeError `not-installed` when the backend is not loaded
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { findNative, loadNative, useNativeKernels } from "@gleaner/native";
 * if (findNative()) {
 *   await loadNative();
 *   useNativeKernels();
 * }
 * tf.relu(tf.tensor1d([-1, 2])).dataSync(); // => [0, 2]
 * ```
 */
export function useNativeKernels(): void {
  const backend = tf.findBackend(backendName) as unknown as NodeBackend | null;
  if (!backend) {
    throw new NativeError("not-installed", `The backend "${backendName}" is not loaded; call loadNative before useNativeKernels.`);
  }
  // The kernels themselves say that they were registered, so that the ESM and the CommonJS build of this package agree.
  if (tf.getKernel("ReluGrad", backendName)) return;
  registerActivationGradients();
  registerBiasAdd();
  registerChannelSum();
  registerConvBias(backend);
  registerBatchNorm(backend.isUsingGpuDevice);
  registerImageTransform();
  registerIntegerOperators();
  // The kernels of these are written for processors; on a GPU the composed operators are used.
  if (backend.isUsingGpuDevice) return;
  registerConv3d();
  registerGroupNorm();
  registerGroupNormAddRelu();
  registerFocalLoss();
  registerDetectionLoss();
  registerVoxelBlocks();
  registerUpdates();
  registerReshape();
}
