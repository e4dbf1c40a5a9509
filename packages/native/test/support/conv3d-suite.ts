import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, numbers } from "../../../../test/double.js";
import { type ConvCase, conv3dDouble } from "./conv3d-double.js";
import { paired, startEngine, withEngine } from "./engine.js";

const largest = (values: ArrayLike<number>): number => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Value and gradients through TensorFlow.js against the definition in double precision. */
function expectDefinition(c: ConvCase): void {
  const { image, outputs } = c;
  const voxels = tf.util.sizeFromShape(image.slice(0, 4));
  const [x, filter, dy] = [numbers(voxels * image[4], 1), numbers(27 * image[4] * outputs, 2), numbers(voxels * outputs, 3)];
  const expected = conv3dDouble(x, filter, dy, c);
  const seen = tf.tidy(() => {
    const tensors = [tf.tensor5d(x, image), tf.tensor5d(filter, [3, 3, 3, image[4], outputs])];
    const slope = tf.tensor5d(dy, [...image.slice(0, 4), outputs] as ConvCase["image"]);
    const f = (input: tf.Tensor, weights: tf.Tensor): tf.Tensor => tf.conv3d(input as tf.Tensor5D, weights as tf.Tensor5D, 1, "same");
    const gradients = tf.grads((input, weights) => f(input!, weights!))(tensors, slope);
    return [f(tensors[0]!, tensors[1]!), ...gradients].map((t) => t.dataSync<"float32">());
  });
  for (const [i, values] of [expected.y, expected.dx, expected.dFilter].entries()) {
    expect(distance(seen[i]!, values) / largest(values)).toBeLessThan(3e-6);
  }
}

/** Convolutions on one set of instructions: the processor's own, or one that is asked for. */
export function describeConv3d(name: string): void {
  describe.runIf(paired)(withEngine(`a convolution of 3×3×3 voxels (${name})`), () => {
    beforeAll(startEngine);

    test.each<ConvCase>([
      { image: [1, 1, 1, 1, 16], outputs: 16 },
      { image: [2, 4, 4, 4, 16], outputs: 48 },
      { image: [1, 3, 5, 7, 32], outputs: 16 },
      { image: [2, 2, 33, 3, 16], outputs: 16 },
      { image: [1, 5, 2, 37, 16], outputs: 32 },
      { image: [1, 8, 8, 8, 48], outputs: 48 },
      { image: [1, 2, 3, 4, 64], outputs: 80 },
      { image: [2, 3, 4, 5, 8], outputs: 16 },
      { image: [1, 6, 3, 11, 8], outputs: 48 },
      // Left to TensorFlow.
      { image: [1, 3, 4, 5, 12], outputs: 16 },
      { image: [1, 3, 4, 5, 16], outputs: 20 },
    ])("agrees with its definition, as do its gradients: %o", expectDefinition);

    test("of any extents does too", () => {
      const extent = fc.integer({ min: 1, max: 9 });
      const channels = fc.constantFrom(16, 32);
      fc.assert(
        fc.property(extent, extent, extent, channels, channels, (d, h, w, inputs, outputs) =>
          expectDefinition({ image: [1, d, h, w, inputs], outputs }),
        ),
        { numRuns: 12 },
      );
    });
  });
}
