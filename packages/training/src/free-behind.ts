import * as tf from "@tensorflow/tfjs-core";

/** What is used of an entry of the tape of TensorFlow.js. */
interface TapeNode {
  saved?: tf.Tensor[];
  gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

/**
 * Makes the backward pass of the tape that is being recorded free what it is done with: the activations that an operator kept, and the gradient
 * of its outputs, as soon as the operator before it is reached.
 *
 * TensorFlow.js keeps all of both to the end, which doubles the memory of a training step. Call it as the last thing inside the function that is
 * differentiated. It changes nothing inside another differentiation, whose tape goes on, nor where the tape is not found.
 */
export function freeBehind(): void {
  const { activeTape, gradientDepth } = tf.engine().state as unknown as { activeTape?: TapeNode[]; gradientDepth?: number };
  if (!Array.isArray(activeTape) || gradientDepth !== 1) return;
  let done = activeTape.length;
  let spent: tf.Tensor[] = [];
  for (const [i, node] of activeTape.entries()) {
    const { gradient } = node;
    if (!gradient) continue;
    node.gradient = (dys) => {
      // The tape is walked from its end, so whatever comes after this node has had its turn, or none.
      tf.dispose(spent);
      while (done > i + 1) tf.dispose(activeTape[--done]?.saved ?? []);
      spent = dys.filter((dy) => dy !== null);
      const given = new Set(spent);
      /** A gradient that is passed on as it came, or to several inputs, lives once for each. */
      const own = (dx: tf.Tensor): tf.Tensor => {
        const mine = given.has(dx) ? tf.clone(dx) : dx;
        given.add(mine);
        return mine;
      };
      return Object.fromEntries(Object.entries(gradient(dys)).map(([name, make]) => [name, () => own(make())]));
    };
  }
}
