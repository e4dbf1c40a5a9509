import type { Tensor, Variable } from "@tensorflow/tfjs-core";

/** An optimizer: changes variables by their gradients and keeps state for each between steps. */
export interface Optimizer {
  /**
   * One step. A variable without a gradient is left as it is, as is its state. The gradients stay the caller's.
   *
   * @param variables all variables that this optimizer trains, the same in each step
   * @throws RangeError if the learning rate is negative or not finite, a gradient has no variable, or there is state (of a snapshot) that
   *   belongs to none of the variables or has another shape
   */
  apply(variables: Readonly<Record<string, Variable>>, gradients: Readonly<Record<string, Tensor>>, learningRate: number): void;
  /** Copies of the state as named tensors, owned by the caller. */
  snapshot(): Record<string, Tensor>;
  /** Continues from a snapshot of an optimizer of the same kind; copies the tensors. */
  restore(tensors: Readonly<Record<string, Tensor>>): void;
  /** Frees the state. */
  dispose(): void;
}

/** Throws unless `low` ≤ `value` < `high`. */
export function checkRange(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value < high)) {
    throw new RangeError(
      `${name} must be ${high === Number.POSITIVE_INFINITY ? `a finite number ≥ ${low}` : `in [${low}, ${high})`}, got ${value}`,
    );
  }
}
