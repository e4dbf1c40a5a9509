import type { Curriculum } from "./curriculum.js";

/** One class at one step: a row of a table for a plot. */
export interface HistoryRow {
  step: number;
  class: number;
  /** σ_c. */
  learningEffect: number;
  /** β_c. */
  beta: number;
  /** T_c. */
  threshold: number;
}

/** How a curriculum went, in bounded memory. */
export interface History {
  /** Notes the state at a step; cheap enough for every step. */
  record(step: number, curriculum: Curriculum): void;
  /** The noted states in their order, one row a class. */
  rows(): HistoryRow[];
}

/**
 * A history of a curriculum for plots.
 *
 * When more than `maxSteps` states are noted every second one is dropped, and from then on only every second call is noted; so a run of a million steps keeps
 * an even sample of between maxSteps/2 and maxSteps states.
 *
 * @param options.maxSteps how many states to keep at most, an even number of at least 2; default 1000
 * @throws RangeError if maxSteps is not; `record` throws one if the step is not a finite number
 *
 * @example
 * ```ts
 * import { createCurriculum, createHistory } from "@gleaner/curriculum";
 * const curriculum = createCurriculum({ classes: 2, unlabeled: 4 });
 * const history = createHistory();
 * curriculum.observe([0, 1, 2], [1, 1, 1], [0, 0, 1]);
 * history.record(1, curriculum);
 * history.rows()[1]; // => { step: 1, class: 1, learningEffect: 1, beta: 0.5, threshold: 0.3167 }
 * ```
 */
export function createHistory(options: { maxSteps?: number } = {}): History {
  const { maxSteps = 1000 } = options;
  if (!Number.isInteger(maxSteps) || maxSteps < 2 || maxSteps % 2 !== 0) {
    throw new RangeError(`maxSteps is ${maxSteps}; expected an even number of at least 2`);
  }
  let states: { step: number; effects: Uint32Array; beta: Float64Array; thresholds: Float64Array }[] = [];
  let calls = 0;
  let every = 1;
  return {
    record(step, curriculum) {
      if (!Number.isFinite(step)) throw new RangeError(`step is ${step}; expected a finite number`);
      if (calls++ % every !== 0) return;
      if (states.length === maxSteps) {
        states = states.filter((_, i) => i % 2 === 0);
        every *= 2;
      }
      states.push({ step, effects: curriculum.learningEffects(), beta: curriculum.beta(), thresholds: curriculum.thresholds() });
    },
    rows: () =>
      states.flatMap(({ step, effects, beta, thresholds }) =>
        Array.from(effects, (learningEffect, c) => ({ step, class: c, learningEffect, beta: beta[c]!, threshold: thresholds[c]! })),
      ),
  };
}
