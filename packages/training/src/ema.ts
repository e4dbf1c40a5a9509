import * as tf from "@tensorflow/tfjs-core";
import { groupsOfPacks, hasOperator, runOperator } from "./all-at-once.js";
import { checkRange } from "./optimizer.js";
import { join, part } from "./packs.js";
import { createSlots, type SlotPack, setSlot } from "./slots.js";

/** A moving average of a model's variables. */
export interface Ema {
  /** Moves the averages toward the variables; call it after the optimizer. */
  update(): void;
  /** Puts the averages into the variables, to evaluate with them; the trained values wait. */
  swapIn(): void;
  /** Puts the trained values back. */
  swapOut(): void;
  /** Copies of the averages by `average/<variable>`, owned by the caller. */
  snapshot(): Record<string, tf.Tensor>;
  /** Continues from a snapshot; copies the tensors. */
  restore(tensors: Readonly<Record<string, tf.Tensor>>): void;
  /** Frees the averages; swaps out first if need be. */
  dispose(): void;
}

export interface EmaOptions {
  /** d, 0 to below 1: how much of the average is kept in a step. A run of K steps keeps dᴷ of its first weights: 0.999 is for long ones. */
  decay: number;
}

/** An operator for many averages at once, where the engine has it (@gleaner/native does). */
const operator = "GleanerEmaUpdate";

/**
 * The exponential moving average of variables: e ← e + (1−d)(w − e), started at their present values, without a correction of the start
 * (as in FixMatch, Sohn et al., NeurIPS 2020). Give it the trainable variables: running statistics are used as they are.
 *
 * @throws RangeError if `decay` is out of its range
 * @throws Error from `update` or `restore` while the averages are swapped in
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { createEma } from "@gleaner/training";
 * const w = tf.variable(tf.scalar(0));
 * const ema = createEma({ w }, { decay: 0.9 });
 * w.assign(tf.scalar(1));
 * ema.update();
 * ema.swapIn();
 * w.dataSync()[0]; // => 0.1
 * ema.swapOut();
 * w; // => 1
 * ```
 */
export function createEma(variables: Readonly<Record<string, tf.Variable>>, options: EmaOptions): Ema {
  const { decay } = options;
  checkRange("decay", decay, 0, 1);
  const names = Object.keys(variables);
  const slots = createSlots(["average"]);
  slots.restore(Object.fromEntries(names.map((name) => [`average/${name}`, variables[name]!])));
  let trained: Record<string, tf.Tensor> | undefined;

  const packed = (): { packs: readonly SlotPack[]; alone: boolean } => {
    const alone = hasOperator(operator, Object.values(variables));
    return { packs: slots.packs(variables, names, { alone }), alone };
  };
  const refuseWhileSwapped = (what: string): void => {
    if (trained) throw new Error(`the averages are swapped in: call swapOut before ${what}`);
  };
  const swapOut = (): void => {
    if (!trained) return;
    for (const [name, tensor] of Object.entries(trained)) {
      variables[name]!.assign(tensor);
      tensor.dispose();
    }
    trained = undefined;
  };

  return {
    update() {
      refuseWhileSwapped("update");
      const { packs, alone } = packed();
      if (alone) {
        for (const group of groupsOfPacks(packs)) updateAtOnce(group, variables, 1 - decay);
        return;
      }
      tf.tidy(() => {
        const toward = tf.scalar(1 - decay);
        for (const pack of packs) {
          const average = pack.slots["average"]!;
          // Freed pack by pack, as in the optimizers.
          setSlot(
            pack,
            "average",
            tf.tidy(() => tf.add(average, tf.mul(tf.sub(join(pack, variables), average), toward))),
          );
        }
      });
    },
    swapIn() {
      refuseWhileSwapped("swapIn");
      const { packs } = packed();
      trained = Object.fromEntries(names.map((name) => [name, tf.keep(tf.clone(variables[name]!))]));
      tf.tidy(() => {
        for (const pack of packs) {
          const averages = part(pack, pack.slots["average"]!);
          for (const [i, name] of pack.names.entries()) variables[name]!.assign(averages[i]!);
        }
      });
    },
    swapOut,
    snapshot: () => slots.snapshot(),
    restore(tensors) {
      refuseWhileSwapped("restore");
      const expected = names.map((name) => `average/${name}`);
      const missing = expected.find((key) => !tensors[key]);
      if (missing) throw new RangeError(`expected the averages to hold ${missing}`);
      slots.restore(tensors);
    },
    dispose() {
      swapOut();
      slots.dispose();
    },
  };
}

function updateAtOnce(packs: readonly SlotPack[], variables: Readonly<Record<string, tf.Variable>>, toward: number): void {
  tf.tidy(() => {
    const weights = packs.map((pack) => variables[pack.names[0]!]!);
    const next = runOperator(operator, [toward], [weights, packs.map((pack) => pack.slots["average"]!)]);
    for (const [i, pack] of packs.entries()) setSlot(pack, "average", next[i]!);
  });
}
