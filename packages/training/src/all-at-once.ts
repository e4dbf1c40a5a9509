import * as tf from "@tensorflow/tfjs-core";
import type { SlotPack } from "./slots.js";

// Engines with an operator over lists of tensors (@gleaner/native has them) do all weights in one call. New values stand beside old ones while
// it runs, so large networks are done in several calls.
const numbersInACall = 2 ** 20;

/** Whether the engine in use has the operator, and the tensors are what it takes. */
export const hasOperator = (name: string, tensors: readonly (tf.Tensor | undefined)[]): boolean =>
  tensors.length > 0 && tf.getKernel(name, tf.getBackend()) != null && tensors.every((tensor) => tensor?.dtype === "float32");

/** Runs an operator on lists of as many tensors each, `head` before them. */
export const runOperator = (name: string, head: readonly number[], lists: readonly (readonly tf.Tensor[])[]): tf.Tensor[] =>
  tf.engine().runKernel(name, [tf.tensor1d([...head]), ...lists.flat()] as unknown as tf.NamedTensorMap, {
    count: lists[0]!.length,
  }) as unknown as tf.Tensor[];

/** Packs of one variable each, in groups that are done in one call. */
export function groupsOfPacks(packs: readonly SlotPack[]): SlotPack[][] {
  const groups: SlotPack[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const pack of packs) {
    const [size] = pack.sizes;
    if (filled + size! > numbersInACall) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1)!.push(pack);
    filled += size!;
  }
  return groups;
}
