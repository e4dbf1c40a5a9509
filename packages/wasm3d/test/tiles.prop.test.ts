// The loops alone, on a memory of their own, with the fused multiply-add and without it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTiles, hasFusedMultiplyAdd } from "../src/tiles.js";
import { between, difference, numbers } from "./wasm.js";

declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => { buffer: ArrayBufferLike };
};

const bytes = 4;
const [offsets, runs, weights, input, output] = [1024, 2048, 4096, 1 << 17, 1 << 18];
const ways = [
  ["plain, own memory", false, false],
  ["plain, memory shared with threads", false, true],
  ...(hasFusedMultiplyAdd() ? ([["fused", true, false]] as const) : []),
] as const;

describe.each(ways)("%s", (_, fused, shared) => {
  // 4 GiB is the most that the memory of an engine with threads may grow to; only the first pages are there.
  const memory = new WebAssembly.Memory(shared ? { initial: 8, maximum: 65536, shared } : { initial: 8 });
  const tiles = createTiles(memory, fused);
  const floats = (pointer: number, count: number): Float32Array => new Float32Array(memory.buffer, pointer, count);
  const integers = (pointer: number, count: number): Int32Array => new Int32Array(memory.buffer, pointer, count);

  test("correlate gives the sums of its definition and writes nothing beside them", () => {
    const call = fc.record({
      positions: between(1, 20),
      runCount: between(1, 4),
      runLength: between(1, 13),
      blocks: between(1, 3),
      step: between(1, 5),
    });
    fc.assert(
      fc.property(call, ({ positions, runCount, runLength, blocks, step }) => {
        const [columns, blockLength] = [blocks * 8, runCount * runLength * 8];
        const x = numbers(512, 1);
        const w = numbers(blocks * blockLength, 2);
        floats(input, x.length).set(x);
        floats(weights, w.length).set(w);
        integers(offsets, positions).set(Array.from({ length: positions }, (_, p) => p * step * bytes));
        integers(runs, runCount).set(Array.from({ length: runCount }, (_, r) => input + 7 * r * bytes));
        floats(output, positions * columns + 8).fill(1e6);
        tiles.correlate({ offsets, positions, runs, runCount, runLength, weights, blockLength, output, outputChannels: columns });
        const expected = Float64Array.from({ length: positions * columns }, (_, i) => {
          const [position, column] = [Math.floor(i / columns), i % columns];
          let sum = 0;
          for (let r = 0; r < runCount; r++)
            for (let k = 0; k < runLength; k++)
              sum += x[position * step + 7 * r + k]! * w[(column >> 3) * blockLength + (r * runLength + k) * 8 + (column & 7)]!;
          return sum;
        });
        expect(difference(floats(output, expected.length), expected)).toBeLessThan(2e-6);
        expect([...floats(output + expected.length * bytes, 8)]).toEqual(Array(8).fill(1e6));
      }),
      { numRuns: 200 },
    );
  });

  test("addGradient adds the sums of its definition and writes nothing beside them", () => {
    const call = fc.record({
      lines: between(1, 4),
      width: between(1, 6),
      xStep: between(1, 7),
      xLine: between(0, 30),
      runLength: between(1, 15),
      blocks: between(1, 3),
    });
    fc.assert(
      fc.property(call, ({ lines, width, xStep, xLine, runLength, blocks }) => {
        const columns = blocks * 8;
        const [x, dy, before] = [numbers(512, 1), numbers(lines * width * columns, 2), numbers(runLength * columns, 3)];
        floats(input, x.length).set(x);
        floats(weights, dy.length).set(dy);
        floats(output, before.length + 8).fill(1e6);
        floats(output, before.length).set(before);
        tiles.addGradient({ x: input, dy: weights, dw: output, lines, width, xStep, xLine, runLength, outputChannels: columns });
        const expected = Float64Array.from(before, (value, i) => {
          const [row, column] = [Math.floor(i / columns), i % columns];
          let sum = value;
          for (let l = 0; l < lines; l++)
            for (let p = 0; p < width; p++) sum += x[l * xLine + p * xStep + row]! * dy[(l * width + p) * columns + column]!;
          return sum;
        });
        expect(difference(floats(output, expected.length), expected)).toBeLessThan(2e-6);
        expect([...floats(output + expected.length * bytes, 8)]).toEqual(Array(8).fill(1e6));
      }),
      { numRuns: 200 },
    );
  });
});
