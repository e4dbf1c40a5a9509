import * as tf from "@tensorflow/tfjs";

/** Runs a step and gives [operator, calls, ms] for TensorFlow's operators, the largest first, and the rest of the time as JavaScript. */
export function countOperators(step) {
  const backend = tf.backend();
  const seen = new Map();
  const methods = ["executeSingleOutput", "executeMultipleOutputs"];
  for (const method of methods) {
    const stock = backend[method].bind(backend);
    backend[method] = (name, ...rest) => {
      const start = performance.now();
      const result = stock(name, ...rest);
      const [, calls, time] = seen.get(name) ?? [name, 0, 0];
      seen.set(name, [name, calls + 1, time + performance.now() - start]);
      return result;
    };
  }
  const start = performance.now();
  try {
    step();
  } finally {
    for (const method of methods) delete backend[method];
  }
  const all = performance.now() - start;
  const rows = [...seen.values()].sort((a, b) => b[2] - a[2]);
  return [...rows, ["JavaScript", 1, all - rows.reduce((sum, row) => sum + row[2], 0)]];
}
