import * as tf from "@tensorflow/tfjs-core";
import { type SlotPack, setSlot } from "./slots.js";

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

/**
 * One call of an optimizer's operator for packs of one variable each: weights, gradients and each slot go in, the new weights and slots come out and
 * take the places of the old ones.
 *
 * @param head the operator's numbers, those of each pack at their end
 */
export function updateAtOnce(
  name: string,
  head: readonly number[],
  packs: readonly SlotPack[],
  variables: Readonly<Record<string, tf.Variable>>,
  gradients: Readonly<Record<string, tf.Tensor>>,
  slotNames: readonly string[],
): void {
  tf.tidy(() => {
    const names = packs.map((pack) => pack.names[0]!);
    const state = slotNames.map((slot) => packs.map((pack) => pack.slots[slot]!));
    const lists = [names.map((variable) => variables[variable]!), names.map((variable) => gradients[variable]!), ...state];
    const next = runOperator(name, head, lists);
    for (const [i, pack] of packs.entries()) {
      variables[names[i]!]!.assign(next[i]!);
      for (const [k, slot] of slotNames.entries()) setSlot(pack, slot, next[(k + 1) * packs.length + i]!);
    }
  });
}
