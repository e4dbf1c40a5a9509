/** A tensor as plain data, which can be posted to a thread. */
export interface TensorData {
  shape: number[];
  values: Float32Array;
}

/** Reads a part of a tensor along its first axis. */
export const partOf = (shape: readonly number[], values: Float32Array, { from, to }: { from: number; to: number }): TensorData => {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  return { shape: [to - from, ...shape.slice(1)], values: values.slice(from * size, to * size) };
};
