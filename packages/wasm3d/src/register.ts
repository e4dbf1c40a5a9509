import * as tf from "@tensorflow/tfjs-core";
import { convolutionKernels } from "./convolution-kernels.js";
import { depthwiseKernels } from "./depthwise-gradients.js";
import { gatherKernels } from "./gather.js";
import { groupNormKernels } from "./group-norm.js";
import { createHeap, type Heap, type WasmBackend } from "./heap.js";
import { identityKernels } from "./identity.js";
import type { Kernel } from "./kernel.js";
import { matMulKernels } from "./mat-mul.js";
import { poolKernels } from "./pool-kernels.js";
import { sumKernels } from "./sum.js";
import { upsampleKernels } from "./upsample.js";

const backendName = "wasm";

/**
 * Puts right and fast kernels on the "wasm" backend of TensorFlow.js, in place of stock ones that are slow or wrong, or where it has none.
 *
 * Call it once `@tensorflow/tfjs-backend-wasm` is imported, before or after the backend is made active; a second call changes nothing.
 * The kernels compute in float32 on the memory of the engine and use its own instruction set (SIMD where tfjs found it).
 *
 * Returns the names of the kernels it registered, sorted. Throws an `Error` if the WASM backend has not been imported, since its own kernels
 * would replace these.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import "@tensorflow/tfjs-backend-wasm";
 * import { registerWasm3d } from "@gleaner/wasm3d";
 *
 * registerWasm3d();
 * await tf.setBackend("wasm");
 * const x = tf.ones<tf.Rank.R5>([1, 3, 3, 3, 1]);
 * const byX = tf.grad((x: tf.Tensor5D) => tf.conv3d(x, tf.ones([3, 3, 3, 1, 1]), 1, "same"));
 * (await byX(x).data())[13]; // => 27
 * ```
 */
export function registerWasm3d(): string[] {
  if (tf.getKernel("Conv2D", backendName) === undefined) {
    throw new Error(
      'There is no WASM backend to add kernels to: import "@tensorflow/tfjs-backend-wasm" before registerWasm3d() is called.',
    );
  }
  const heaps = new WeakMap<object, Heap>();
  const heapOf = (backend: object): Heap => {
    const known = heaps.get(backend);
    if (known) return known;
    const heap = createHeap(backend as WasmBackend);
    heaps.set(backend, heap);
    return heap;
  };
  const kernels: Record<string, Kernel> = {
    ...convolutionKernels,
    ...depthwiseKernels,
    ...poolKernels,
    ...gatherKernels,
    ...sumKernels,
    ...matMulKernels,
    ...groupNormKernels,
    ...upsampleKernels,
    ...identityKernels,
  };
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    const stock = tf.getKernel(kernelName, backendName);
    // Replacing without this would print a warning for each kernel.
    if (stock) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      // The stock set-up function stays: the backend may not be made yet, and the stock kernel may be called by another stock kernel.
      ...stock,
      kernelName,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) =>
        kernel(heapOf(backend as object), inputs as Record<string, tf.TensorInfo>, (attrs ?? {}) as Record<string, unknown>),
    });
  }
  return Object.keys(kernels).sort();
}
