import * as tf from "@tensorflow/tfjs-core";

// An engine spends about 7 µs on an operation however small, and an optimizer does a dozen for each variable. So the small variables
// (biases, norms) are updated together as one long vector, and the large ones each in its own shape, without a copy.
const joinedBelow = 8192;

/** Variables that are updated by one set of operations. */
export interface Pack {
  readonly names: readonly string[];
  readonly shapes: readonly (readonly number[])[];
  readonly sizes: readonly number[];
  readonly decayed: boolean;
  /** The optimizer's tensors for these variables, as long as all of them together. */
  readonly slots: Record<string, tf.Tensor>;
}

/** The tensors of a pack's variables as one: a lone one as it is, several flattened and joined. */
export function join(pack: Pack, tensors: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  if (pack.names.length === 1) return tensors[pack.names[0]!]!;
  return tf.concat1d(
    pack.names.map((name) => {
      const tensor = tensors[name]!;
      return (tensor.rank === 1 ? tensor : tf.reshape(tensor, [-1])) as tf.Tensor1D;
    }),
  );
}

/** Undoes `join`: the tensors of the pack's variables in their shapes. */
export function part(pack: Pack, joined: tf.Tensor): tf.Tensor[] {
  if (pack.names.length === 1) return [joined];
  return tf.split(joined, [...pack.sizes]).map((piece, i) => {
    const shape = pack.shapes[i]!;
    return shape.length === 1 ? piece : tf.reshape(piece, [...shape]);
  });
}

/** Replaces a slot by a new tensor that lives on after the surrounding `tf.tidy`. */
export function setSlot(pack: Pack, slot: string, value: tf.Tensor): void {
  pack.slots[slot]?.dispose();
  pack.slots[slot] = tf.keep(value);
}

/** Per-variable state of an optimizer or an average: named tensors that are the same to the outside however they are packed. */
export interface Slots {
  /** The packs that cover exactly `names`; state that is there must belong to one of the variables and have its shape. */
  packs(variables: Readonly<Record<string, tf.Tensor>>, names: readonly string[], decayed?: (name: string) => boolean): readonly Pack[];
  /** Copies by `slot/name`, owned by the caller. */
  snapshot(): Record<string, tf.Tensor>;
  /** Copies the tensors in and forgets what was there. */
  restore(tensors: Readonly<Record<string, tf.Tensor>>): void;
  dispose(): void;
}

/** Slots called `slotNames`; those of a variable that has none yet are zeros. */
export function createSlots(slotNames: readonly string[]): Slots {
  let packs: Pack[] = [];
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

  const pack = (variables: Readonly<Record<string, tf.Tensor>>, names: readonly string[], decayed: (name: string) => boolean): Pack[] => {
    const groups: { names: string[]; decayed: boolean }[] = [];
    const joined = { true: undefined, false: undefined } as Record<"true" | "false", { names: string[]; decayed: boolean } | undefined>;
    for (const name of names) {
      const group = { names: [name], decayed: decayed(name) };
      const key = `${group.decayed}` as const;
      if (variables[name]!.size >= joinedBelow) groups.push(group);
      else if (joined[key]) joined[key].names.push(name);
      else groups.push((joined[key] = group));
    }
    return groups.map((group) => ({
      ...group,
      shapes: group.names.map((name) => variables[name]!.shape),
      sizes: group.names.map((name) => variables[name]!.size),
      slots: {},
    }));
  };

  return {
    packs(variables, names, decayed = () => false) {
      const wanted = names.join("\n");
      if (wanted === packedFor && packs.length > 0) return packs;
      for (const name of names) if (!variables[name]) throw new RangeError(`there is a gradient but no variable named ${name}`);
      unpack();
      check(variables);
      const next = pack(variables, names, decayed);
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
