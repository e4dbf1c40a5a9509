import * as tf from "@tensorflow/tfjs-core";
import { join, makePacks, type Pack, type PackOptions, part } from "./packs.js";

/** Variables that are updated by one set of operations, with their state. */
export interface SlotPack extends Pack {
  /** The optimizer's tensors for these variables, as long as all of them together. */
  readonly slots: Record<string, tf.Tensor>;
}

/** Replaces a slot by a new tensor that lives on after the surrounding `tf.tidy`. */
export function setSlot(pack: SlotPack, slot: string, value: tf.Tensor): void {
  pack.slots[slot]?.dispose();
  pack.slots[slot] = tf.keep(value);
}

/** Per-variable state of an optimizer or an average: named tensors that are the same to the outside however they are packed. */
export interface Slots {
  /** The packs that cover exactly `names`; state that is there must belong to one of the variables and have its shape. */
  packs(variables: Readonly<Record<string, tf.Tensor>>, names: readonly string[], options?: PackOptions): readonly SlotPack[];
  /** Copies by `slot/name`, owned by the caller. */
  snapshot(): Record<string, tf.Tensor>;
  /** Copies the tensors in and forgets what was there. */
  restore(tensors: Readonly<Record<string, tf.Tensor>>): void;
  dispose(): void;
}

/** Slots called `slotNames`; those of a variable that has none yet are zeros. */
export function createSlots(slotNames: readonly string[]): Slots {
  let packs: SlotPack[] = [];
  let packedFor = "";
  // State by `slot/name` of variables that are in no pack at the moment: just restored, or without a gradient in this step.
  let parked: Record<string, tf.Tensor> = {};

  const unpack = (): void => {
    tf.tidy(() => {
      for (const pack of packs) {
        for (const slot of slotNames) {
          for (const [i, tensor] of part(pack, pack.slots[slot]!).entries()) parked[`${slot}/${pack.names[i]}`] = tf.keep(tf.clone(tensor));
          pack.slots[slot]!.dispose();
        }
      }
    });
    packs = [];
    packedFor = "";
  };

  const check = (variables: Readonly<Record<string, tf.Tensor>>): void => {
    for (const [key, tensor] of Object.entries(parked)) {
      const variable = variables[key.slice(key.indexOf("/") + 1)];
      if (!variable) throw new RangeError(`the state ${key} belongs to none of the variables`);
      if (tensor.shape.join() !== variable.shape.join()) {
        throw new RangeError(`the state ${key} has the shape [${tensor.shape}] but its variable has [${variable.shape}]`);
      }
    }
  };

  return {
    packs(variables, names, options = {}) {
      // The engine may change between steps, and with it how the state is packed.
      const wanted = [options.alone ? "alone" : "joined", ...names].join("\n");
      if (wanted === packedFor && packs.length > 0) return packs;
      for (const name of names) if (!variables[name]) throw new RangeError(`there is a gradient but no variable named ${name}`);
      unpack();
      check(variables);
      const next = makePacks(variables, names, options).map((pack) => ({ ...pack, slots: {} }));
      tf.tidy(() => {
        for (const one of next) {
          for (const slot of slotNames) {
            const pieces = Object.fromEntries(
              one.names.map((name, i) => [name, parked[`${slot}/${name}`] ?? tf.zeros([...one.shapes[i]!])]),
            );
            setSlot(one, slot, tf.clone(join(one, pieces)));
          }
        }
      });
      for (const slot of slotNames) {
        for (const name of names) {
          parked[`${slot}/${name}`]?.dispose();
          delete parked[`${slot}/${name}`];
        }
      }
      packs = next;
      packedFor = wanted;
      return packs;
    },
    snapshot: () =>
      tf.tidy(() => {
        const copies = Object.fromEntries(Object.entries(parked).map(([key, tensor]) => [key, tf.clone(tensor)]));
        for (const one of packs) {
          for (const slot of slotNames) {
            for (const [i, tensor] of part(one, one.slots[slot]!).entries()) copies[`${slot}/${one.names[i]}`] = tf.clone(tensor);
          }
        }
        return copies;
      }),
    restore(tensors) {
      for (const key of Object.keys(tensors)) {
        if (!slotNames.some((slot) => key.startsWith(`${slot}/`))) {
          throw new RangeError(`expected state named ${slotNames.map((slot) => `${slot}/…`).join(" or ")}, got ${key}`);
        }
      }
      const copies = Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, tf.keep(tf.clone(tensor))]));
      this.dispose();
      parked = copies;
    },
    dispose() {
      for (const one of packs) for (const slot of Object.values(one.slots)) slot.dispose();
      for (const tensor of Object.values(parked)) tensor.dispose();
      packs = [];
      packedFor = "";
      parked = {};
    },
  };
}
