import * as tf from "@tensorflow/tfjs-core";
import { groupsOfPacks, hasOperator, updateAtOnce } from "./all-at-once.js";
import { checkRange, type Optimizer } from "./optimizer.js";
import { join, part } from "./packs.js";
import { createSlots, setSlot } from "./slots.js";

export interface SgdOptions {
  /** μ, 0 (default) to below 1. */
  momentum?: number;
  /** Looks ahead along the momentum (default false). */
  nesterov?: boolean;
  /** λ ≥ 0 (default 0): λ·w is added to the gradient, the gradient of λ‖w‖²/2. */
  weightDecay?: number;
  /** Which variables are not decayed, by name (default none): biases and norms usually. */
  exclude?: (name: string) => boolean;
}

/** An operator for many weights at once, where the engine has it (@gleaner/native does). */
const operator = "GleanerSgdUpdate";

/**
 * Stochastic gradient descent with momentum, with weight decay as an L2 term of the gradient.
 *
 * g ← ∇ + λw; v ← μv + g; w ← w − η(g + μv) with Nesterov's momentum, w ← w − ηv without
 * (Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013, in the form of PyTorch).
 *
 * The state is `momentum/<variable>`.
 *
 * @throws RangeError for an option out of its range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { createSgd } from "@gleaner/training";
 * const w = tf.variable(tf.tensor1d([1, 2]));
 * const sgd = createSgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4, exclude: (name) => name.endsWith("bias") });
 * sgd.apply({ bias: w }, { bias: tf.tensor1d([1, 0]) }, 0.1);
 * w; // => [0.81, 2]
 * ```
 */
export function createSgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false, weightDecay = 0, exclude = () => false } = options;
  checkRange("momentum", momentum, 0, 1);
  checkRange("weightDecay", weightDecay, 0, Number.POSITIVE_INFINITY);
  if (nesterov && momentum === 0) throw new RangeError("Nesterov's momentum needs a momentum above 0, got 0");
  const slotNames = momentum > 0 ? ["momentum"] : [];
  const slots = createSlots(slotNames);

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
      if (alone) {
        const rates = [learningRate, momentum, nesterov ? 1 : 0];
        for (const group of groupsOfPacks(packs)) {
          const head = [...rates, ...group.map((pack) => (pack.group ? weightDecay : 0))];
          updateAtOnce(operator, head, group, variables, gradients, slotNames);
        }
        return;
      }
      tf.tidy(() => {
        const [rate, mu, decay] = [tf.scalar(learningRate), tf.scalar(momentum), tf.scalar(weightDecay)];
        // What is done with is freed at once, not at the end: the next operation then writes to memory that is still in the cache.
        for (const pack of packs) {
          tf.tidy(() => {
            const weights = join(pack, variables);
            const slope = join(pack, gradients);
            const gradient = pack.group ? tf.tidy(() => tf.add(slope, tf.mul(weights, decay))) : slope;
            let direction = gradient;
            if (momentum > 0) {
              const velocity = tf.tidy(() => tf.add(tf.mul(pack.slots["momentum"]!, mu), gradient));
              setSlot(pack, "momentum", velocity);
              direction = nesterov ? tf.tidy(() => tf.add(gradient, tf.mul(velocity, mu))) : velocity;
            }
            const next = part(
              pack,
              tf.tidy(() => tf.sub(weights, tf.mul(direction, rate))),
            );
            for (const [i, name] of pack.names.entries()) variables[name]!.assign(next[i]!);
          });
        }
      });
    },
    snapshot: () => slots.snapshot(),
    restore: (tensors) => slots.restore(tensors),
    dispose: () => slots.dispose(),
  };
}
