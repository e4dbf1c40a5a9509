import * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, registerOperator } from "./operator.js";

interface Sampling {
  interpolation: "nearest" | "bilinear";
  fillMode: "constant" | "reflect" | "wrap" | "nearest";
  fillValue: number;
  outputShape: [number, number];
}

/** TensorFlow's operator; `transforms` [1 or batch, 8] hold a₀ … a₇, and the output at (x, y) is read at (a₀x + a₁y + a₂, a₃x + a₄y + a₅) / (a₆x + a₇y + 1). */
function transform(
  { runOne, attribute }: KernelCall,
  images: tf.TensorInfo,
  transforms: tf.TensorInfo,
  { interpolation, fillMode, fillValue, outputShape }: Sampling,
): tf.TensorInfo {
  const [size, fill] = [tf.tensor1d(outputShape, "int32"), tf.scalar(fillValue)];
  try {
    return runOne(
      "ImageProjectiveTransformV3",
      [images, transforms, size, fill],
      [
        attribute.type("dtype", images.dtype),
        attribute.text("interpolation", interpolation.toUpperCase()),
        attribute.text("fill_mode", fillMode.toUpperCase()),
      ],
    );
  } finally {
    tf.dispose([size, fill]);
  }
}

/** The coefficients of a rotation by `radians` about a center, which is given as parts of the width and the height. */
function rotationOf(radians: number, center: number | [number, number], height: number, width: number): number[] {
  const [centerX, centerY] = tf.backend_util.getImageCenter(center, height, width);
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  const shiftX = centerX - cosine * centerX + sine * centerY;
  const shiftY = centerY - sine * centerX - cosine * centerY;
  return [cosine, -sine, shiftX, sine, cosine, shiftY, 0, 0];
}

/**
 * `tf.image.transform` and `tf.image.rotateWithOffset`, which tfjs-node does not have, by TensorFlow's ImageProjectiveTransformV3.
 *
 * Like TensorFlow.js's cpu backend, with two differences: all images of a batch are transformed (cpu stops after the first), and where "nearest" is
 * halfway between two pixels left of or above 0 it takes the outer one. TensorFlow.js has no gradient for either.
 */
export function registerImageTransform(): void {
  registerOperator("Transform", (call) => {
    const { image, transforms } = call.inputs as Record<"image" | "transforms", tf.TensorInfo>;
    const attrs = call.attrs as unknown as Omit<Sampling, "outputShape"> & { outputShape?: [number, number] | null };
    const outputShape = attrs.outputShape ?? (image.shape.slice(1, 3) as [number, number]);
    return transform(call, image, transforms, { ...attrs, outputShape });
  });

  registerOperator("RotateWithOffset", ({ inputs, attrs }) => {
    const image = inputs["image"] as tf.Tensor4D;
    const { radians, fillValue, center } = attrs as unknown as tf.RotateWithOffsetAttrs;
    const [batch, height, width, channels] = image.shape;
    return tf.tidy(() => {
      const rotation = tf.tensor2d(rotationOf(radians, center, height, width), [1, 8]);
      const turned = (x: tf.Tensor4D, fill: number): tf.Tensor4D => tf.image.transform(x, rotation, "nearest", "constant", fill);
      if (typeof fillValue === "number") return turned(image, fillValue);
      // One color for the places outside; a fourth channel is their opacity, and full.
      const color = tf.tensor1d(Array.from({ length: channels }, (_, c) => (c === 3 ? 255 : (fillValue[c] ?? Number.NaN))));
      const inside = turned(tf.ones([batch, height, width, 1]), 0);
      return tf.where<tf.Tensor>(tf.cast(tf.tile(inside, [1, 1, 1, channels]), "bool"), turned(image, 0), color);
    });
  });
}
