import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";

/** One kernel of this package: tfjs-core's inputs and attributes, on the heap of the engine that holds the inputs. */
export type Kernel = (heap: Heap, inputs: Record<string, TensorInfo>, attributes: Record<string, unknown>) => TensorInfo | TensorInfo[];

/** A kernel whose inputs and attributes are those that tfjs-core's operator of its name gives. */
export const kernel = <Inputs extends object, Attributes extends object>(
  run: (heap: Heap, inputs: Inputs, attributes: Attributes) => TensorInfo | TensorInfo[],
): Kernel => run as unknown as Kernel;
