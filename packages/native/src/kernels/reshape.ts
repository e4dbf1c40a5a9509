import * as tf from "@tensorflow/tfjs-core";
import { wrapKernel } from "./operator.js";

/**
 * Reshape with the shape as an attribute (native/reshape.cc).
 *
 * TensorFlow's operator takes the shape as a tensor, and to make one for each call takes longer than the operator. Where the shape stays, there is
 * no call at all: every gradient of an addition asks for that.
 */
export function registerReshape(): void {
  wrapKernel("Reshape", ({ inputs, attrs, attribute, runOne, share }) => {
    const x = inputs["x"]!;
    const size = tf.util.sizeFromShape(x.shape);
    const wanted = attrs["shape"] as number[];
    if (tf.util.arraysEqual(wanted, x.shape)) return share(x);
    if (x.dtype !== "float32" || wanted.length === 0 || size === 0) return undefined;
    const shape = tf.util.inferFromImplicitShape(wanted, size);
    if (tf.util.arraysEqual(shape, x.shape)) return share(x);
    return runOne("GleanerReshape", [x], [attribute.float32("T"), attribute.ints("shape", shape)]);
  });
}
