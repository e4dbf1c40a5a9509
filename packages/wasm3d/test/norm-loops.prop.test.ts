// The loops alone, on a memory of their own.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createNormLoops, row, tableRows } from "../src/norm-loops.js";
import { between, difference, numbers } from "./wasm.js";

declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => { buffer: ArrayBufferLike };
};

const bytes = 4;
const [table, first, second, output] = [1024, 1 << 14, 1 << 16, 1 << 17];
const call = fc.record({ positions: between(1, 30), vectors: between(1, 10), floor: fc.constantFrom(0, Number.NEGATIVE_INFINITY) });

describe.each([
  ["own memory", false],
  ["memory shared with threads", true],
] as const)("%s", (_, shared) => {
  const memory = new WebAssembly.Memory(shared ? { initial: 4, maximum: 65536, shared } : { initial: 4 });
  const loops = createNormLoops(memory);
  const floats = (pointer: number, count: number): Float32Array => new Float32Array(memory.buffer, pointer, count);

  /** Runs `work` over values and a table of random numbers, and looks that nothing beside the results was written. */
  function expectLoops(
    { positions, vectors, floor }: { positions: number; vectors: number; floor: number },
    work: (channels: number, x: Float32Array, dy: Float32Array, rowOf: (name: keyof typeof row) => Float32Array) => void,
  ): void {
    const channels = 4 * vectors;
    const size = positions * channels;
    const [x, dy] = [numbers(size, 1), numbers(size, 2)];
    floats(first, size).set(x);
    floats(second, size).set(dy);
    floats(output, size + 4).fill(1e6);
    floats(table, tableRows * channels + 4).fill(1e6);
    floats(table, tableRows * channels).set(numbers(tableRows * channels, 3));
    const rowOf = (name: keyof typeof row): Float32Array => floats(table + row[name] * channels * bytes, channels);
    rowOf("floor").fill(floor);
    rowOf("share").fill(1 / positions);
    work(channels, x, dy, rowOf);
    expect([...floats(table + tableRows * channels * bytes, 4), ...floats(output + size * bytes, 4)]).toEqual(Array(8).fill(1e6));
  }

  /** Σ over the positions, for each channel. */
  const sums = (channels: number, count: number, value: (i: number, c: number) => number): number[] =>
    Array.from({ length: channels }, (_, c) => {
      let total = 0;
      for (let i = c; i < count; i += channels) total += value(i, c);
      return total;
    });

  test("moments", () => {
    fc.assert(
      fc.property(call, (drawn) =>
        expectLoops(drawn, (channels, x, _dy, rowOf) => {
          loops.moments(first, drawn.positions, channels, table);
          const expected = sums(channels, x.length, (i) => x[i]!);
          expect(difference(rowOf("sum"), expected)).toBeLessThan(2e-6);
          const squares = sums(channels, x.length, (i, c) => (x[i]! - expected[c]! / drawn.positions) ** 2);
          expect(difference(rowOf("product"), squares)).toBeLessThan(2e-6);
        }),
      ),
    );
  });

  test("apply, applyAndAdd and mask", () => {
    fc.assert(
      fc.property(call, (drawn) =>
        expectLoops(drawn, (channels, x, dy, rowOf) => {
          const [means, scales, shifts] = [rowOf("mean"), rowOf("scale"), rowOf("shift")];
          const affine = (i: number): number => (x[i]! - means[i % channels]!) * scales[i % channels]! + shifts[i % channels]!;
          const result = (): Float32Array => floats(output, x.length);
          loops.apply(first, output, drawn.positions, channels, table);
          expect(
            difference(
              result(),
              Float64Array.from(x, (_, i) => Math.max(drawn.floor, affine(i))),
            ),
          ).toBeLessThan(1e-6);
          loops.applyAndAdd(first, second, output, drawn.positions, channels, table);
          expect(
            difference(
              result(),
              Float64Array.from(x, (_, i) => Math.max(drawn.floor, affine(i) + dy[i]!)),
            ),
          ).toBeLessThan(1e-6);
          loops.mask(first, second, output, drawn.positions, channels, table);
          expect(result()).toEqual(x.map((value, i) => (value > 0 ? dy[i]! : 0)));
        }),
      ),
    );
  });

  test("gradientSums and gradient", () => {
    fc.assert(
      fc.property(call, (drawn) =>
        expectLoops(drawn, (channels, x, dy, rowOf) => {
          const [means, scales, shifts, slopes, constants] = (["mean", "scale", "shift", "slope", "constant"] as const).map((name) => [
            ...rowOf(name),
          ]) as [number[], number[], number[], number[], number[]];
          const centered = (i: number): number => x[i]! - means[i % channels]!;
          const d = (i: number): number => (centered(i) * scales[i % channels]! + shifts[i % channels]! > drawn.floor ? dy[i]! : 0);
          loops.gradientSums(first, second, drawn.positions, channels, table);
          expect(difference(rowOf("sum"), sums(channels, x.length, d))).toBeLessThan(2e-6);
          expect(
            difference(
              rowOf("product"),
              sums(channels, x.length, (i) => d(i) * centered(i)),
            ),
          ).toBeLessThan(2e-6);
          loops.gradient(first, second, output, drawn.positions, channels, table);
          const expected = Float64Array.from(x, (_, i) => {
            const c = i % channels;
            return d(i) * scales[c]! + centered(i) * slopes[c]! + constants[c]!;
          });
          expect(difference(floats(output, x.length), expected)).toBeLessThan(1e-6);
        }),
      ),
    );
  });
});
