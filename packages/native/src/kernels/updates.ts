import { registerOperator } from "./operator.js";

/**
 * What a training step does to all weights, each as one operator, written in C++ beside the binding (native/update.cc). Inputs are lists:
 *
 * - `GleanerAdamWUpdate`: rates [4 + n] (1 − β₁, 1 − β₂, ε·√(1 − β₂ᵗ), η·√(1 − β₂ᵗ)/(1 − β₁ᵗ), then what each weight is multiplied by), n weights,
 *   n gradients, n means, n squares; gives n weights, n means, n squares
 * - `GleanerSgdUpdate`: rates [3 + n] (η, μ, 1 for Nesterov's momentum or 0, then the L2 decay of each), n weights, n gradients, n velocities, or none
 *   where μ is 0; gives n weights and as many velocities
 * - `GleanerEmaUpdate`: rate [1], n weights, n averages; gives n averages
 * - `GleanerClipByGlobalNorm`: limit [1], n gradients; gives the norm that they had together and n gradients
 *
 * The attribute `count` of all is n. Nothing is changed in place, since tensors are shared: a clone of a variable must keep its numbers.
 */
export function registerUpdates(): void {
  const lists = { GleanerAdamWUpdate: [3, 0], GleanerEmaUpdate: [1, 0], GleanerClipByGlobalNorm: [1, 1] } as const;
  for (const [name, [outputs, more]] of Object.entries(lists)) {
    registerOperator(name, ({ inputs, attrs, attribute, run }) => {
      const count = attrs["count"] as number;
      return run(name, Object.values(inputs), outputs * count + more, [attribute.int("count", count)]);
    });
  }
  registerOperator("GleanerSgdUpdate", ({ inputs, attrs, attribute, run }) => {
    const count = attrs["count"] as number;
    const tensors = Object.values(inputs);
    const velocities = tensors.length - 1 - 2 * count;
    return run("GleanerSgdUpdate", tensors, count + velocities, [attribute.int("count", count), attribute.int("velocities", velocities)]);
  });
}
