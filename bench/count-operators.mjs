import { tf } from "./modules.mjs";

/**
 * Runs a step and gives [kernel, calls, ms] for the kernels of TensorFlow.js, the largest first, and the rest of the time as JavaScript.
 *
 * Kernels are what TensorFlow.js asks an engine for, so that engines compare; one that calls others is charged with them too.
 */
export function countOperators(step) {
  const name = tf.getBackend();
  const seen = new Map();
  const stock = tf.getKernelsForBackend(name);
  let depth = 0;
  for (const config of stock) {
    tf.unregisterKernel(config.kernelName, name);
    const kernelFunc = (args) => {
      const start = performance.now();
      depth++;
      try {
        return config.kernelFunc(args);
      } finally {
        depth--;
        const [, calls, time] = seen.get(config.kernelName) ?? [config.kernelName, 0, 0];
        if (depth === 0) seen.set(config.kernelName, [config.kernelName, calls + 1, time + performance.now() - start]);
      }
    };
    tf.registerKernel({ ...config, kernelFunc });
  }
  const start = performance.now();
  try {
    step();
  } finally {
    for (const config of stock) {
      tf.unregisterKernel(config.kernelName, name);
      tf.registerKernel(config);
    }
  }
  const all = performance.now() - start;
  const rows = [...seen.values()].sort((a, b) => b[2] - a[2]);
  return [...rows, ["JavaScript", 1, all - rows.reduce((sum, row) => sum + row[2], 0)]];
}
