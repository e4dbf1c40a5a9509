import * as tf from "@tensorflow/tfjs";

const lossOf = (model: tf.LayersModel, x: tf.Tensor): tf.Scalar => tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor));

/** The gradients of a loss in training mode, by the names that the layers gave. */
export function gradientsOf(model: tf.LayersModel, x: tf.Tensor): { value: number; gradients: Record<string, tf.Tensor> } {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const { value, grads } = tf.variableGrads(() => lossOf(model, x), variables);
  const gradients = model.trainableWeights.flatMap((weight, i) =>
    grads[variables[i]!.name] ? [[weight.originalName, grads[variables[i]!.name]!] as const] : [],
  );
  return { value: value.dataSync()[0]!, gradients: Object.fromEntries(gradients) };
}

/**
 * What the norm of each weight's gradient is, and what it should be: the slope of the loss along the gradient, by central differences.
 * There the loss changes most, so that float32's noise counts least.
 */
export function slopesAlongGradients(model: tf.LayersModel, x: tf.Tensor): { name: string; norm: number; slope: number }[] {
  const { gradients } = gradientsOf(model, x);
  return model.trainableWeights
    .filter(({ originalName }) => gradients[originalName])
    .map((weight) => {
      const name = weight.originalName;
      const variable = weight.read() as tf.Variable;
      const start = variable.dataSync<"float32">().slice();
      const gradient = gradients[name]!.dataSync<"float32">();
      const norm = Math.hypot(...gradient);
      // Small enough that few of the LeakyReLUs change sides within it.
      const step = 3e-4;
      const lossAt = (t: number): number => {
        const moved = start.map((value, i) => value + (t * gradient[i]!) / (norm || 1));
        variable.assign(tf.tensor(moved, variable.shape));
        return tf.tidy(() => lossOf(model, x).dataSync()[0]!);
      };
      const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
      variable.assign(tf.tensor(start, variable.shape));
      return { name, norm, slope };
    });
}
