import { requireAbove } from "./checks.js";

export interface TsaOptions {
  /** Steps of the whole training. */
  total: number;
  /** C, how many classes there are. */
  classes: number;
  /** How the threshold rises. Default "linear". */
  schedule?: "linear" | "log" | "exp";
}

/**
 * The threshold of training signal annealing: how sure the network may be of a labeled example that it is still trained on.
 *
 * ```
 * η = a·(1 − 1/C) + 1/C,   a = t/K ("linear"), 1 − exp(−5t/K) ("log"), exp(5(t/K − 1)) ("exp")
 * ```
 *
 * (Xie et al., UDA, NeurIPS 2020, appendix.) Mask out the labeled examples whose confidence exceeds η: it keeps few labels from being overfitted while
 * there are many unlabeled examples to learn from.
 *
 * @param step t in 0..K
 * @returns η, from about 1/C to 1
 * @throws RangeError if the step is not in 0..K, K not above 0, C no integer ≥ 1, or the schedule unknown
 *
 * @example
 * ```ts
 * import { tsaThreshold } from "@gleaner/losses";
 * tsaThreshold(0, { total: 100, classes: 10 }); // => 0.1
 * tsaThreshold(50, { total: 100, classes: 10 }); // => 0.55
 * tsaThreshold(50, { total: 100, classes: 10, schedule: "log" }); // => 0.926
 * ```
 */
export function tsaThreshold(step: number, options: TsaOptions): number {
  const { total, classes, schedule = "linear" } = options;
  if (!Number.isInteger(classes) || classes < 1) throw new RangeError(`classes is ${classes}; expected an integer of at least 1`);
  const part = progress(step, total);
  const shapes = { linear: part, log: 1 - Math.exp(-5 * part), exp: Math.exp(5 * (part - 1)) };
  if (!Object.hasOwn(shapes, schedule)) throw new RangeError(`schedule is ${schedule}; expected "linear", "log" or "exp"`);
  return shapes[schedule] * (1 - 1 / classes) + 1 / classes;
}

/**
 * The weight of an unlabeled loss that is phased in linearly: t/(fraction·K), at most 1.
 *
 * Pseudo-labeling takes 0.4 of its training for it.
 *
 * @param step t in 0..K
 * @param total K, steps of the whole training
 * @param fraction the part of the training after which the weight is 1, in 0..1; 0 is 1 from the start. Default 0.4
 * @throws RangeError if the step is not in 0..K, K not above 0, or the fraction not in 0..1
 *
 * @example
 * ```ts
 * import { rampUp } from "@gleaner/losses";
 * rampUp(100, 1000); // => 0.25
 * rampUp(700, 1000); // => 1
 * ```
 */
export function rampUp(step: number, total: number, fraction: number = 0.4): number {
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`fraction is ${fraction}; expected a number in 0..1`);
  const part = progress(step, total);
  return part >= fraction ? 1 : part / fraction;
}

function progress(step: number, total: number): number {
  requireAbove("total", total, 0);
  if (!(step >= 0 && step <= total)) throw new RangeError(`step is ${step}; expected a number in 0..${total}`);
  return step / total;
}
