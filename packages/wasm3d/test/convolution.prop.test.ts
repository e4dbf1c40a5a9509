import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Case, line, referenceFilterGradient, referenceForward, referenceInputGradient } from "./reference-convolution.js";
import { between, difference, numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

const float32 = 2e-6;
const triple = (min: number, max: number): fc.Arbitrary<[number, number, number]> =>
  fc.tuple(between(min, max), between(min, max), between(min, max));
const pads = fc.oneof(fc.constant("same" as const), fc.constant("valid" as const), between(0, 3));

interface Drawn {
  definition: Case;
  x: number[];
  w: number[];
  y: number[];
  attributes: { strides: [number, number, number]; dilations: [number, number, number]; pad: "same" | "valid" | number };
}

/** Odd and even sizes, anisotropic kernels and strides; only cases that have an output. */
const convolution: fc.Arbitrary<Drawn> = fc
  .record({
    batch: between(1, 3),
    size: triple(1, 9),
    taps: triple(1, 4),
    strides: triple(1, 3),
    dilations: fc.oneof(fc.constant<[number, number, number]>([1, 1, 1]), triple(1, 3)),
    // Outputs of a multiple of 8 channels take another way, and so do inputs of the input gradient.
    channels: fc.tuple(fc.oneof(between(1, 7), fc.constantFrom(8, 16)), fc.oneof(between(1, 5), fc.constantFrom(8, 24))),
    pad: pads,
  })
  .map(({ batch, size, taps, strides, dilations, channels, pad }) => {
    const lines = size.map((n, i) => line(n, taps[i]!, strides[i]!, dilations[i]!, pad)) as Case["lines"];
    return {
      definition: { batch, channels, lines },
      x: [batch, ...size, channels[0]],
      w: [...taps, ...channels],
      y: [batch, ...lines.map((l) => l.output), channels[1]],
      attributes: { strides, dilations, pad },
    };
  })
  .filter(({ y }) => sizeOf(y) > 0);

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): Float32Array =>
  tf.tidy(() => (tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor).dataSync<"float32">());

describe("against the definition in float64", () => {
  test("Conv3D", () => {
    fc.assert(
      fc.property(convolution, ({ definition, x, w, attributes }) => {
        const [a, b] = [numbers(sizeOf(x), 1), numbers(sizeOf(w), 2)];
        const y = run("Conv3D", { x: tf.tensor(a, x), filter: tf.tensor(b, w) }, attributes);
        expect(difference(y, referenceForward(definition, a, b))).toBeLessThan(float32);
      }),
      { numRuns: 300 },
    );
  });

  test("Conv3DBackpropInputV2", () => {
    fc.assert(
      fc.property(convolution, ({ definition, x, w, y, attributes }) => {
        const [dy, b] = [numbers(sizeOf(y), 3), numbers(sizeOf(w), 2)];
        const dx = run("Conv3DBackpropInputV2", { dy: tf.tensor(dy, y), filter: tf.tensor(b, w) }, { ...attributes, inputShape: x });
        expect(difference(dx, referenceInputGradient(definition, dy, b))).toBeLessThan(float32);
      }),
      { numRuns: 300 },
    );
  });

  test("Conv3DBackpropFilterV2", () => {
    fc.assert(
      fc.property(convolution, ({ definition, x, w, y, attributes }) => {
        const [a, dy] = [numbers(sizeOf(x), 1), numbers(sizeOf(y), 3)];
        const dw = run("Conv3DBackpropFilterV2", { x: tf.tensor(a, x), dy: tf.tensor(dy, y) }, { ...attributes, filterShape: w });
        expect(difference(dw, referenceFilterGradient(definition, a, dy))).toBeLessThan(1e-5);
      }),
      { numRuns: 300 },
    );
  });
});
