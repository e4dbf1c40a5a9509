// The definition of a depthwise convolution's gradients in float64, and its comparison with the kernels; run with SIMD and without.
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect } from "vitest";
import { type Line, line } from "./reference-convolution.js";
import { between, difference, dirtyHeap, numbers, sizeOf } from "./wasm.js";

type Pads = "same" | "valid" | number | [[0, 0], [number, number], [number, number], [0, 0]];

interface Drawn {
  batch: number;
  channels: number;
  multiplier: number;
  lines: [Line, Line];
  attributes: { strides: [number, number]; dilations: [number, number]; pad: Pads; dimRoundingMode?: "floor" };
}

const pair = (min: number, max: number): fc.Arbitrary<[number, number]> => fc.tuple(between(min, max), between(min, max));
const pads: fc.Arbitrary<Pads> = fc.oneof(
  fc.constant("same" as const),
  fc.constant("valid" as const),
  between(0, 2),
  fc.tuple(pair(0, 3), pair(0, 3)).map(([y, x]): Pads => [[0, 0], y, x, [0, 0]]),
);

/** An axis with its own pads before and after. */
const explicit = (input: number, taps: number, stride: number, dilation: number, [before, after]: readonly [number, number]): Line => ({
  ...{ input, taps, stride, dilation, pad: before },
  output: Math.max(0, Math.floor((input + before + after - (taps - 1) * dilation - 1) / stride) + 1),
});

/** Odd and even sizes, anisotropic filters and strides; only cases that have an output. */
export const depthwise: fc.Arbitrary<Drawn> = fc
  .record({
    batch: between(1, 3),
    size: pair(1, 9),
    taps: pair(1, 4),
    strides: pair(1, 2),
    dilations: fc.oneof(fc.constant<[number, number]>([1, 1]), pair(1, 3)),
    channels: between(1, 5),
    multiplier: between(1, 3),
    pad: pads,
  })
  // tfjs-core takes one number for pads as that of a square filter, whatever the filter is.
  .map((r) => {
    const square = ([n]: [number, number]): [number, number] => [n, n];
    return typeof r.pad === "number" ? { ...r, taps: square(r.taps), strides: square(r.strides), dilations: square(r.dilations) } : r;
  })
  .map(({ batch, size, taps, strides, dilations, channels, multiplier, pad }) => {
    const lines = size.map((n, i) => {
      const common = [n, taps[i]!, strides[i]!, dilations[i]!] as const;
      return Array.isArray(pad) ? explicit(...common, pad[i + 1] as [number, number]) : line(...common, pad);
    }) as [Line, Line];
    const rounding = typeof pad === "string" ? {} : { dimRoundingMode: "floor" as const };
    return { batch, channels, multiplier, lines, attributes: { strides, dilations, pad, ...rounding } };
  })
  .filter(({ lines }) => lines.every(({ output }) => output > 0));

/** Calls `use` with the flat indices of x, filter and y of each product of the sum. */
function eachProduct({ batch, channels, multiplier, lines: [a, b] }: Drawn, use: (x: number, w: number, y: number) => void): void {
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < a.output; oy++)
      for (let ox = 0; ox < b.output; ox++)
        for (let ky = 0; ky < a.taps; ky++)
          for (let kx = 0; kx < b.taps; kx++) {
            const y = oy * a.stride + ky * a.dilation - a.pad;
            const x = ox * b.stride + kx * b.dilation - b.pad;
            if (y < 0 || x < 0 || y >= a.input || x >= b.input) continue;
            for (let c = 0; c < channels; c++)
              for (let q = 0; q < multiplier; q++) {
                const input = ((n * a.input + y) * b.input + x) * channels + c;
                const weight = ((ky * b.taps + kx) * channels + c) * multiplier + q;
                use(input, weight, (((n * a.output + oy) * b.output + ox) * channels + c) * multiplier + q);
              }
          }
}

export function expectGradients(drawn: Drawn): void {
  const { batch, channels, multiplier, lines, attributes } = drawn;
  const inputShape = [batch, lines[0].input, lines[1].input, channels];
  const filterShape = [lines[0].taps, lines[1].taps, channels, multiplier];
  const outputShape = [batch, lines[0].output, lines[1].output, channels * multiplier];
  const [x, w, dy] = [numbers(sizeOf(inputShape), 1), numbers(sizeOf(filterShape), 2), numbers(sizeOf(outputShape), 3)];
  const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
  eachProduct(drawn, (i, k, o) => {
    dx[i]! += dy[o]! * w[k]!;
    dw[k]! += dy[o]! * x[i]!;
  });
  dirtyHeap();
  tf.tidy(() => {
    const run = (name: string, inputs: Record<string, tf.Tensor>, more: object): Float32Array =>
      (tf.engine().runKernel(name, inputs, { ...attributes, ...more } as never) as tf.Tensor).dataSync<"float32">();
    const given = tf.tensor(dy, outputShape);
    const byInput = run("DepthwiseConv2dNativeBackpropInput", { dy: given, filter: tf.tensor(w, filterShape) }, { inputShape });
    expect(difference(byInput, dx)).toBeLessThan(2e-6);
    const byFilter = run("DepthwiseConv2dNativeBackpropFilter", { x: tf.tensor(x, inputShape), dy: given }, { filterShape });
    expect(difference(byFilter, dw)).toBeLessThan(2e-6);
  });
}
