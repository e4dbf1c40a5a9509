import * as tf from "@tensorflow/tfjs-core";
import { groupsOfPacks, hasOperator, updateAtOnce } from "./all-at-once.js";
import { checkRange, type Optimizer } from "./optimizer.js";
import { join, part } from "./packs.js";
import { createSlots, setSlot } from "./slots.js";

export interface AdamWOptions {
  /** How slowly the mean of the gradients follows, 0 to below 1 (default 0.9). */
  beta1?: number;
  /** How slowly the mean of their squares follows, 0 to below 1 (default 0.999). */
  beta2?: number;
  /** ε > 0, added to the root of the corrected mean square (default 1e-8). */
  epsilon?: number;
  /** λ ≥ 0 (default 0.01): each step also takes η·λ·w off the weight. */
  weightDecay?: number;
  /** Which variables are not decayed, by name (default none). */
  exclude?: (name: string) => boolean;
}

/** An operator for many weights at once, where the engine has it (@gleaner/native does). */
const operator = "GleanerAdamWUpdate";

/**
 * Adam with decoupled weight decay.
 *
 * m ← β₁m + (1−β₁)∇; v ← β₂v + (1−β₂)∇²; w ← w − ηλw − η·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε)
 * (Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2, where η is the learning rate given to `apply`,
 * schedule included, for both terms as in PyTorch.)
 *
 * The state is `mean/<variable>`, `square/<variable>` and `step`, an int32 scalar.
 *
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { createAdamW } from "@gleaner/training";
 * const w = tf.variable(tf.tensor1d([1, 2]));
 * const adamW = createAdamW({ weightDecay: 0.1 });
 * adamW.apply({ w }, { w: tf.tensor1d([5, -0.01]) }, 0.1);
 * w; // => [0.89, 2.08]
 * ```
 */
export function createAdamW(options: AdamWOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01, exclude = () => false } = options;
  checkRange("beta1", beta1, 0, 1);
  checkRange("beta2", beta2, 0, 1);
  checkRange("weightDecay", weightDecay, 0, Number.POSITIVE_INFINITY);
  if (!(epsilon > 0 && epsilon < 1)) throw new RangeError(`epsilon must be in (0, 1), got ${epsilon}`);
  const slotNames = ["mean", "square"];
  const slots = createSlots(slotNames);
  let step = 0;

  return {
    apply(variables, gradients, learningRate) {
      checkRange("learningRate", learningRate, 0, Number.POSITIVE_INFINITY);
      const names = Object.keys(gradients);
      const decays = (name: string): boolean => weightDecay > 0 && !exclude(name);
      const alone = hasOperator(
        operator,
        names.flatMap((name) => [variables[name], gradients[name]]),
      );
      const packs = slots.packs(variables, names, { group: decays, alone });
      step++;
      // Both corrections as numbers: √(v/c₂) + ε = (√v + ε√c₂)/√c₂, so no operation is spent on them.
      const rootOfCorrection = Math.sqrt(1 - beta2 ** step);
      const rates = [1 - beta1, 1 - beta2, epsilon * rootOfCorrection, (learningRate * rootOfCorrection) / (1 - beta1 ** step)] as const;
      const keptOfWeight = 1 - learningRate * weightDecay;
      if (alone) {
        for (const group of groupsOfPacks(packs)) {
          const head = [...rates, ...group.map((pack) => (pack.group ? keptOfWeight : 1))];
          updateAtOnce(operator, head, group, variables, gradients, slotNames);
        }
        return;
      }
      tf.tidy(() => {
        const [toMean, toSquare, shift, rate] = rates.map((value) => tf.scalar(value)) as [tf.Scalar, tf.Scalar, tf.Scalar, tf.Scalar];
        const kept = tf.scalar(keptOfWeight);
        // Freed at once, as in createSgd.
        for (const pack of packs) {
          tf.tidy(() => {
            const weights = join(pack, variables);
            const gradient = join(pack, gradients);
            const oldMean = pack.slots["mean"]!;
            const oldSquare = pack.slots["square"]!;
            const mean = tf.tidy(() => tf.add(oldMean, tf.mul(tf.sub(gradient, oldMean), toMean)));
            const square = tf.tidy(() => tf.add(oldSquare, tf.mul(tf.sub(tf.square(gradient), oldSquare), toSquare)));
            setSlot(pack, "mean", mean);
            setSlot(pack, "square", square);
            const change = tf.tidy(() => tf.mul(tf.div(mean, tf.add(tf.sqrt(square), shift)), rate));
            const next = part(pack, tf.sub(pack.group ? tf.mul(weights, kept) : weights, change));
            for (const [i, name] of pack.names.entries()) variables[name]!.assign(next[i]!);
          });
        }
      });
    },
    snapshot: () => ({ ...slots.snapshot(), step: tf.scalar(step, "int32") }),
    restore(tensors) {
      const { step: counted, ...state } = tensors;
      const [value] = counted?.dataSync() ?? [];
      if (value === undefined || !Number.isInteger(value) || value < 0)
        throw new RangeError(`expected the state of AdamW to hold a step ≥ 0, got ${value}`);
      slots.restore(state);
      step = value;
    },
    dispose() {
      slots.dispose();
      step = 0;
    },
  };
}
