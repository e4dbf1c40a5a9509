import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distance, numbers } from "../../../test/double.js";
import { paired, startEngine, withEngine } from "./support/engine.js";

const run = (name: string, inputs: tf.Tensor[], count: number): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs as unknown as tf.NamedTensorMap, { count }) as unknown as tf.Tensor[];

/** Lists of many lengths: a scalar, an empty one, odd ones, and some of more than one job. */
const shapes = [[], [0], [3], [5, 7], [50_000], [1], [3, 3, 3, 16, 16], [20_000]];
const list = (seed: number): tf.Tensor[] => shapes.map((shape, i) => tf.tensor(numbers(tf.util.sizeFromShape(shape), seed + i), shape));
const positive = (tensors: tf.Tensor[]): tf.Tensor[] => tensors.map((t) => tf.abs(t));
const n = shapes.length;

/** Holds each output against a formula of the numbers at the same place in the lists. */
function expectEach(outputs: tf.Tensor[], lists: tf.Tensor[][], formula: (values: number[], array: number) => number): void {
  for (const [i, output] of outputs.entries()) {
    expect(output.shape).toEqual(shapes[i]);
    const columns = lists.map((tensors) => tensors[i]!.dataSync());
    const expected = Float64Array.from({ length: output.size }, (_, k) =>
      formula(
        columns.map((column) => column[k]!),
        i,
      ),
    );
    expect(distance(output.dataSync(), expected)).toBeLessThan(1e-6);
  }
}

describe.runIf(paired)(withEngine("updates of many weights"), () => {
  beforeAll(startEngine);

  test("AdamW is its formula in double precision", () => {
    const [w, g, m, s] = [list(1), list(2), list(3), positive(list(4))];
    const rates = [0.1, 0.001, 1e-4, 0.02];
    const kept = shapes.map((_, i) => 1 - i / 100);
    const outputs = run("GleanerAdamWUpdate", [tf.tensor1d([...rates, ...kept]), ...w, ...g, ...m, ...s], n);
    const mean = ([, g, m]: number[]): number => m! + (g! - m!) * rates[0]!;
    const square = ([, g, , s]: number[]): number => s! + (g! * g! - s!) * rates[1]!;
    const lists = [w, g, m, s];
    expectEach(outputs.slice(0, n), lists, (v, i) => v[0]! * kept[i]! - (mean(v) / (Math.sqrt(square(v)) + rates[2]!)) * rates[3]!);
    expectEach(outputs.slice(n, 2 * n), lists, mean);
    expectEach(outputs.slice(2 * n), lists, square);
  });

  test.each([0, 1])("SGD with momentum, and Nesterov's (%d), is its formula", (nesterov) => {
    const [w, g, v] = [list(1), list(2), list(3)];
    const decay = shapes.map((_, i) => i / 10);
    const outputs = run("GleanerSgdUpdate", [tf.tensor1d([0.03, 0.9, nesterov, ...decay]), ...w, ...g, ...v], n);
    const slope = ([w, g]: number[], i: number): number => g! + decay[i]! * w!;
    const velocity = (x: number[], i: number): number => 0.9 * x[2]! + slope(x, i);
    expectEach(outputs.slice(n), [w, g, v], velocity);
    expectEach(outputs.slice(0, n), [w, g, v], (x, i) => x[0]! - 0.03 * (nesterov ? slope(x, i) + 0.9 * velocity(x, i) : velocity(x, i)));
  });

  test("SGD without momentum has no velocities", () => {
    const [w, g] = [list(1), list(2)];
    const outputs = run("GleanerSgdUpdate", [tf.tensor1d([0.5, 0, 0, ...shapes.map(() => 0.1)]), ...w, ...g], n);
    expect(outputs.length).toBe(n);
    expectEach(outputs, [w, g], ([w, g]) => w! - 0.5 * (g! + 0.1 * w!));
  });

  test("averages move toward the weights", () => {
    const [w, a] = [list(1), list(2)];
    expectEach(run("GleanerEmaUpdate", [tf.tensor1d([0.25]), ...w, ...a], n), [w, a], ([w, a]) => a! + (w! - a!) * 0.25);
  });

  test("clipping scales all by one factor, or passes them on; inputs keep their numbers", () => {
    const g = list(1);
    const before = g.map((t) => t.dataSync().slice());
    const norm = Math.sqrt(before.flatMap((v) => Array.from(v)).reduce((sum, v) => sum + v * v, 0));
    for (const limit of [norm / 7, norm * 7]) {
      const [found, ...clipped] = run("GleanerClipByGlobalNorm", [tf.tensor1d([limit]), ...g], n);
      expect(found!.shape).toEqual([]);
      expect(Math.abs(found!.dataSync()[0]! / norm - 1)).toBeLessThan(1e-6);
      expectEach(clipped, [g], ([v]) => v! * Math.min(1, limit / norm));
      tf.dispose(clipped);
    }
    for (const [i, t] of g.entries()) expect(t.dataSync()).toEqual(before[i]);
  });

  test("a gradient that is no number leaves none, and a norm beyond float32's squares is still found", () => {
    const clip = (values: number[]): number[] =>
      run("GleanerClipByGlobalNorm", [tf.tensor1d([1]), tf.tensor1d(values)], 1).flatMap((t) => Array.from(t.dataSync()));
    expect(clip([1, Number.NaN])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(clip([0, 0])).toEqual([0, 0, 0]);
    const [norm, ...rest] = clip([3e30, 4e30]);
    expect(norm! / 5e30).toBeCloseTo(1, 6);
    expect(distance(rest, [0.6, 0.8])).toBeLessThan(1e-6);
  });

  test("lists that do not fit are refused", () => {
    const [one, two] = [tf.ones([1]), tf.ones([2])];
    expect(() => run("GleanerEmaUpdate", [tf.tensor1d([0.5]), one, two], 1)).toThrow(
      "array 0 has 2 numbers in one list and 1 in the first",
    );
    expect(() => run("GleanerEmaUpdate", [tf.tensor1d([0.5, 1]), one, one], 1)).toThrow("rates has 2 numbers where 1 are needed");
    expect(() => run("GleanerSgdUpdate", [tf.zeros([5]), one, one, one, one, one], 2)).toThrow("velocities is neither 0 nor count");
  });
});
