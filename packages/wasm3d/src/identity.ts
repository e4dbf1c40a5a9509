import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Kernel, kernel } from "./kernel.js";

/** A clone shares its values, as a reshaped tensor does, since no kernel writes into its inputs; the stock kernel copies them. */
export const identityKernels: Record<string, Kernel> = {
  Identity: kernel<{ x: TensorInfo }, object>((heap, { x }) => heap.share(x)),
};
