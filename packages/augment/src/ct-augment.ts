import { binProbabilities, drawBin } from "./bin-weights.js";
import { type CtOperationName, ctOperations } from "./ct-operations.js";
import { drawCenter, type Policy, type PolicyStep, requirePolicy } from "./policy.js";

const names = Object.keys(ctOperations) as CtOperationName[];

/** Weights in 0..1 of the bins of each value of each operation. */
export type CtRates = Record<CtOperationName, number[][]>;

export interface CtAugmentOptions {
  /** How much of its weight a bin keeps at an observation, in 0..1, 1 excluded. Default 0.99. */
  decay?: number;
  /** How many operations a policy has. Default 2. */
  depth?: number;
  /** Bins below this part of the largest weight are not drawn for training, in 0..1. Default 0.8. */
  threshold?: number;
  /** Whether policies for training end with a cutout of half the side, as in FixMatch; ReMixMatch has none. Default true. */
  cutout?: boolean;
}

/** All that a CTAugment is, as plain data for JSON. */
export interface CtAugmentSnapshot extends Required<CtAugmentOptions> {
  rates: CtRates;
}

export interface CtAugment {
  /** A policy for training: operations drawn uniformly, their values from bins that the classifier copes with. */
  policy(random: () => number): Policy;
  /** A policy to find out with: the same, but values uniform in 0..1, and no cutout at the end. For a copy of the labeled batch. */
  probe(random: () => number): Policy;
  /** Takes in how near the classifier's answer for an image under a probe came to its label, in 0..1 (see `proximity`). */
  observe(probe: Policy, proximity: number): void;
  /** A copy of the weights. */
  rates(): CtRates;
  /** A copy of everything, for `restoreCtAugment`. */
  snapshot(): CtAugmentSnapshot;
}

/**
 * CTAugment: augmentation whose strength follows what the classifier still recognizes.
 *
 * ```
 * observe:  w_bin ← decay·w_bin + (1 − decay)·proximity
 * policy:   p_bin ∝ w_bin + 1 − decay, 0 where below threshold of the largest;   value = (bin + U)/bins,   U ~ U(0, 1)
 * ```
 *
 * (Berthelot et al., ReMixMatch, ICLR 2020, section 3.2.2; numbers as in the code of FixMatch, Sohn et al., NeurIPS 2020, where the class has 0.85 for the
 * threshold and the command 0.8.) Each value of each operation has 17 bins, Posterize 8 and the method of Rescale 6; all weights start at 1. At each step draw a
 * probe for each labeled image, apply it, ask the averaged classifier, and observe. A value belongs to the bin that it was drawn from; the authors' code takes
 * the bin below at the lower edge of a bin.
 *
 * @throws RangeError if an option is out of range
 *
 * @example
 * ```ts
 * import { applyPolicy, createCtAugment, proximity } from "@gleaner/augment";
 * const control = createCtAugment({ decay: 0.9 });
 * control.policy(() => 0); // => [{ operation: "AutoContrast", values: [0] }, { operation: "AutoContrast", values: [0] }, { operation: "Cutout", values: [1], center: [0, 0] }]
 * const probe = control.probe(() => 0.999); // the last bin of the last operation, twice
 * const image = { data: new Uint8Array(32 * 32 * 3), shape: [32, 32, 3] };
 * applyPolicy(image, probe).shape; // => [32, 32, 3]
 * control.observe(probe, proximity([0.5, 0.5], 0));
 * control.rates().TranslateY[0].slice(15); // => [1, 0.905]
 * ```
 */
export function createCtAugment(options: CtAugmentOptions = {}): CtAugment {
  const { decay = 0.99, depth = 2, threshold = 0.8, cutout = true } = options;
  const rates = Object.fromEntries(names.map((name) => [name, ctOperations[name].bins.map((bins) => new Array<number>(bins).fill(1))]));
  return restoreCtAugment({ decay, depth, threshold, cutout, rates: rates as CtRates });
}

/**
 * A CTAugment that goes on where a snapshot was taken.
 *
 * @param snapshot as `snapshot()` gave it, or what JSON has made of it
 * @throws RangeError if it is malformed
 *
 * @example
 * ```ts
 * import { createCtAugment, restoreCtAugment } from "@gleaner/augment";
 * const before = createCtAugment({ depth: 1, decay: 0.5 });
 * before.observe([{ operation: "Posterize", values: [0] }], 0);
 * const after = restoreCtAugment(JSON.parse(JSON.stringify(before.snapshot())));
 * after.rates().Posterize; // => [[0.5, 1, 1, 1, 1, 1, 1, 1]]
 * ```
 */
export function restoreCtAugment(snapshot: CtAugmentSnapshot): CtAugment {
  const { decay, depth, threshold, cutout } = snapshot;
  requireSettings(snapshot);
  const rates = copyOfRates(snapshot.rates);

  const draw = (random: () => number, valueIn: (weights: readonly number[]) => number): PolicyStep[] =>
    Array.from({ length: depth }, () => {
      const operation = names[Math.min(names.length - 1, Math.floor(random() * names.length))]!;
      const values = rates[operation].map(valueIn);
      return operation === "Cutout" ? { operation, values, center: drawCenter(random) } : { operation, values };
    });

  return {
    policy(random) {
      const steps = draw(random, (weights) => (drawBin(binProbabilities(weights, decay, threshold), random()) + random()) / weights.length);
      return cutout ? [...steps, { operation: "Cutout", values: [1], center: drawCenter(random) }] : steps;
    },
    probe: (random) => draw(random, () => random()),
    observe(probe, proximity) {
      requirePolicy(probe);
      if (!(proximity >= 0 && proximity <= 1)) throw new RangeError(`proximity is ${proximity}; expected a number in 0..1`);
      for (const { operation, values } of probe) {
        for (const [i, weights] of rates[operation].entries()) {
          const bin = Math.min(weights.length - 1, Math.floor(values[i]! * weights.length));
          weights[bin] = decay * weights[bin]! + (1 - decay) * proximity;
        }
      }
    },
    rates: () => copyOfRates(rates),
    snapshot: () => ({ decay, depth, threshold, cutout, rates: copyOfRates(rates) }),
  };
}

function copyOfRates(rates: CtRates): CtRates {
  return Object.fromEntries(names.map((name) => [name, rates[name].map((weights) => Array.from(weights))])) as CtRates;
}

function requireSettings({ decay, depth, threshold, cutout, rates }: CtAugmentSnapshot): void {
  if (!(decay >= 0 && decay < 1)) throw new RangeError(`decay is ${decay}; expected a number in 0..1, 1 excluded`);
  if (!Number.isInteger(depth) || depth < 0 || depth > 100) throw new RangeError(`depth is ${depth}; expected an integer in 0..100`);
  if (!(threshold >= 0 && threshold <= 1)) throw new RangeError(`threshold is ${threshold}; expected a number in 0..1`);
  if (typeof cutout !== "boolean") throw new RangeError(`cutout is ${cutout}; expected true or false`);
  for (const name of names) {
    const { bins } = ctOperations[name];
    const lists = rates?.[name];
    if (!Array.isArray(lists) || lists.length !== bins.length || lists.some((list, i) => list.length !== bins[i])) {
      throw new RangeError(`rates.${name} has other bins; expected ${bins.length ? `lists of ${bins.join(" and ")} weights` : "no list"}`);
    }
    for (const weight of lists.flat()) {
      if (!(weight >= 0 && weight <= 1)) throw new RangeError(`rates.${name} has the weight ${weight}; expected numbers in 0..1`);
    }
  }
}
