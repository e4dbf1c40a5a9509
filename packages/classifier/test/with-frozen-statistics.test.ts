import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { numbers } from "../../../test/double.js";
import { createSmallCnn, withFrozenStatistics } from "../src/index.js";

beforeAll(() => tf.setBackend("cpu"));

const create = (): tf.LayersModel => createSmallCnn({ inputShape: [4, 4, 1], classes: 2, normMomentum: 0.5 });
const x = (): tf.Tensor => tf.tensor(numbers(3 * 16, 1), [3, 4, 4, 1]);
const fixed = (model: tf.LayersModel): number[][] => model.nonTrainableWeights.map((weight) => [...weight.read().dataSync()]);

test("the outputs are those of training mode, the statistics those of before", () => {
  const [model, other] = [create(), create()];
  const before = fixed(model);
  const frozen = withFrozenStatistics(model, () => model.apply(x(), { training: true }) as tf.Tensor);
  expect(fixed(model)).toEqual(before);
  expect([...frozen.dataSync()]).toEqual([...(other.apply(x(), { training: true }) as tf.Tensor).dataSync()]);
  expect(fixed(other)).not.toEqual(before);
});

test("inside of a gradient, beside a forward pass that moves them, with the same gradients as without", () => {
  const [model, other] = [create(), create()];
  const loss = (m: tf.LayersModel, freeze: boolean) => (): tf.Scalar => {
    const forward = (): tf.Tensor => m.apply(x(), { training: true }) as tf.Tensor;
    const first = m.apply(tf.mul(x(), 2), { training: true }) as tf.Tensor;
    return tf.sum(tf.square(tf.add(first, freeze ? withFrozenStatistics(m, forward) : forward())));
  };
  const gradientsOf = (m: tf.LayersModel, freeze: boolean): number[][] => {
    const { grads } = tf.variableGrads(
      loss(m, freeze),
      m.trainableWeights.map((weight) => weight.read() as tf.Variable),
    );
    return m.trainableWeights.map((weight) => [...grads[(weight.read() as tf.Variable).name]!.dataSync()]);
  };
  expect(gradientsOf(model, true)).toEqual(gradientsOf(other, false));
  const alone = create();
  alone.apply(tf.mul(x(), 2), { training: true });
  expect(fixed(model)).toEqual(fixed(alone));
});

test("a throw puts them back too, a promise is refused, and nothing is left behind", () => {
  const model = create();
  const before = fixed(model);
  const tensors = tf.memory().numTensors;
  expect(() =>
    withFrozenStatistics(model, () => {
      tf.tidy(() => void model.apply(x(), { training: true }));
      throw new Error("stop");
    }),
  ).toThrow("stop");
  expect(fixed(model)).toEqual(before);
  expect(() => withFrozenStatistics(model, async () => 1)).toThrow(TypeError);
  expect(tf.memory().numTensors).toBe(tensors);
});
