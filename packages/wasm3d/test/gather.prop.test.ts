import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { between, difference, dirtyHeap, numbers, sizeOf, startWasm } from "./wasm.js";

beforeAll(startWasm);

interface Drawn {
  batch: number[];
  outer: number[];
  picked: number;
  inner: number[];
  indices: number[];
  perBatch: number;
}

const gathering: fc.Arbitrary<Drawn> = fc
  .record({
    batch: fc.array(between(1, 3), { maxLength: 1 }),
    outer: fc.array(between(1, 3), { maxLength: 2 }),
    picked: between(1, 5),
    inner: fc.array(between(1, 4), { maxLength: 2 }),
    perBatch: between(1, 6),
  })
  .chain((r) =>
    fc
      .array(between(0, r.picked - 1), { minLength: sizeOf(r.batch) * r.perBatch, maxLength: sizeOf(r.batch) * r.perBatch })
      .map((indices) => ({ ...r, indices })),
  );

test("gather with and without batch axes, and its gradient", () => {
  fc.assert(
    fc.property(gathering, ({ batch, outer, picked, inner, indices, perBatch }) => {
      dirtyHeap();
      const [B, O, I] = [sizeOf(batch), sizeOf(outer), sizeOf(inner)];
      const shape = [...batch, ...outer, picked, ...inner];
      const x = numbers(sizeOf(shape), 1);
      const expected = new Float64Array(B * O * perBatch * I);
      const dy = numbers(expected.length, 2);
      const dx = new Float64Array(x.length);
      for (let b = 0; b < B; b++)
        for (let o = 0; o < O; o++)
          for (let p = 0; p < perBatch; p++)
            for (let i = 0; i < I; i++) {
              const from = ((b * O + o) * picked + indices[b * perBatch + p]!) * I + i;
              const to = ((b * O + o) * perBatch + p) * I + i;
              expected[to] = x[from]!;
              dx[from]! += dy[to]!;
            }
      const axis = batch.length + outer.length;
      tf.tidy(() => {
        const picks = tf.tensor(indices, [...batch, perBatch], "int32");
        const y = tf.gather(tf.tensor(x, shape), picks, axis, batch.length);
        expect(y.shape).toEqual([...batch, ...outer, perBatch, ...inner]);
        expect(Array.from(y.dataSync())).toEqual(Array.from(expected));
        const gradient = tf.grad((x: tf.Tensor) => tf.gather(x, picks, axis, batch.length))(tf.tensor(x, shape), tf.tensor(dy, y.shape));
        expect(difference(gradient.dataSync(), dx)).toBeLessThan(1e-6);
      });
    }),
    { numRuns: 200 },
  );
});

test("whole numbers and booleans are gathered as themselves", () => {
  const picks = tf.tensor1d([2, 0], "int32");
  expect(tf.gather(tf.tensor1d([7, 8, 2 ** 30 + 1], "int32"), picks).arraySync()).toEqual([2 ** 30 + 1, 7]);
  expect(tf.gather(tf.tensor1d([true, false, false], "bool"), picks).arraySync()).toEqual([0, 1]);
});

test("an index outside the axis is named", () => {
  expect(() => tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([2], "int32"))).toThrow("Gather got the index 2, expected 0 to 1 along axis 0.");
});

test("unsortedSegmentSum adds by segment and drops those outside", () => {
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
  expect(tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 5], "int32"), 3).arraySync()).toEqual([
    [3, 4],
    [0, 0],
    [6, 8],
  ]);
});
