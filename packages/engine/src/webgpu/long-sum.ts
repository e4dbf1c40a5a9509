import type { Inputs, Repair } from "./kernel.js";

/** A shader may read and write eight buffers in all (WebGPU's maxStorageBuffersPerShaderStage), of which one is the result. */
const mostInputs = 7;

/** The sum of any number of tensors, seven at a time: the stock shader takes all at once, and with more it leaves zeros. */
export const longSum: Repair = (stock, inputs, attributes, backend) => {
  // tfjs-core gives this kernel an array.
  const tensors = Object.values(inputs);
  const sumOf = (some: typeof tensors) => stock(some as unknown as Inputs, attributes);
  let sum = sumOf(tensors.slice(0, mostInputs));
  for (let next = mostInputs; next < tensors.length; next += mostInputs - 1) {
    const longer = sumOf([sum, ...tensors.slice(next, next + mostInputs - 1)]);
    backend.disposeData(sum.dataId);
    sum = longer;
  }
  return sum;
};
