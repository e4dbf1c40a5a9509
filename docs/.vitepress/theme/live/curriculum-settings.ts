import { linkedChoice, linkedFlag, linkedInteger, linkedNumber, linkedNumbers } from "./linked-state.js";

export const mappings = ["linear", "convex", "concave"] as const;

export const mappingOptions = [
  { value: "linear", text: "linear: β" },
  { value: "convex", text: "convex: β / (2 − β)" },
  { value: "concave", text: "concave: ln(1 + β) / ln 2" },
] as const;

/** The last step of the recorded training. */
export const lastStep = 240;

/** The preset: half way, the digit 3 lags behind. */
export const historySchema = {
  tau: linkedNumber(0.95, 0.5, 1),
  warmUp: linkedFlag(true),
  mapping: linkedChoice("convex", mappings),
  step: linkedInteger(120, 0, lastStep),
  class: linkedInteger(3, 0, 9),
};

export const classNames = ["cat", "dog", "owl"] as const;
export const perClass = 8;

/** The preset: cats are learnt, dogs nearly, owls lag behind. Percent. */
export const ownSchema = {
  ownTau: linkedNumber(0.95, 0.5, 1),
  ownWarmUp: linkedFlag(true),
  ownMapping: linkedChoice("convex", mappings),
  own: linkedNumbers([99, 98, 99, 97, 96, 98, 97, 70, 98, 96, 97, 96, 99, 95, 75, 50, 97, 96, 95, 72, 58, 46, 42, 30], 0, 100),
};
