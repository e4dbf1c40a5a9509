import "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { onEachBackend as onEach } from "../../../test/tensors.js";
import { cubeSymmetries, type Symmetry } from "../src/index.js";

export { expectClose } from "../../../test/tensors.js";

export const onEachBackend = (suite: () => void): void => onEach(tf, suite);

export const anySymmetry: fc.Arbitrary<Symmetry> = fc.constantFrom(...cubeSymmetries());

/** A generator of draws that fast-check can repeat: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const anyRandom: fc.Arbitrary<() => number> = fc.integer().map(seeded);
