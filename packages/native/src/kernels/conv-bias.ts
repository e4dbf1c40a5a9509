import * as tf from "@tensorflow/tfjs-core";
import type { NodeBackend, OpAttribute } from "../tfjs-modules.js";
import { attributesOf, type KernelCall, wrapKernel } from "./operator.js";

/** oneDNN's convolution that adds a bias while it writes its output; TensorFlow itself asks for it with this label when it optimizes graphs. */
const op = "_MklNativeConv2DWithBias";
const label = "MklNameChangeOp";

type Attribute = KernelCall["attribute"];

const opAttributes = (attribute: Attribute, strides: number[], dilations: number[], padding: string): OpAttribute[] => [
  attribute.float32("T"),
  attribute.ints("strides", strides),
  attribute.ints("dilations", dilations),
  attribute.text("padding", padding),
  attribute.text("data_format", "NHWC"),
  attribute.bool("use_cudnn_on_gpu", false),
  attribute.text("_kernel", label),
];

/** Whether this TensorFlow has the operator and uses oneDNN on this machine: it is an internal one, so it is tried on a single number. */
function isThere(backend: NodeBackend): boolean {
  const one = tf.ones([1, 1, 1, 1]);
  const bias = tf.ones([1]);
  try {
    const y = backend.executeSingleOutput(op, opAttributes(attributesOf(backend.binding), [1, 1, 1, 1], [1, 1, 1, 1], "VALID"), [
      one,
      one,
      bias,
    ]) as tf.Tensor;
    const [value] = tf.engine().makeTensorFromTensorInfo(y).dataSync();
    backend.disposeData(y.dataId);
    return value === 2;
  } catch {
    return false;
  } finally {
    tf.dispose([one, bias]);
  }
}

/**
 * A convolution with a bias as one operator of oneDNN instead of a convolution and an addition that reads and writes its output once more.
 *
 * It takes the place of tfjs's FusedConv2D where no activation follows, which is what layers use in training.
 */
export function registerConvBias(backend: NodeBackend): void {
  if (!isThere(backend)) return;
  wrapKernel("FusedConv2D", ({ inputs, attrs, attribute, runOne }) => {
    const { x, filter, bias } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo };
    const { strides, pad, dilations, dimRoundingMode, dataFormat, activation } = attrs as unknown as tf.FusedConv2DAttrs;
    if (bias?.shape.length !== 1 || dataFormat !== "NHWC" || (activation as string) !== "linear") return undefined;
    if ([x, filter, bias].some(({ dtype }) => dtype !== "float32")) return undefined;
    const [shape, kernel] = [x.shape as [number, number, number, number], filter.shape as [number, number, number, number]];
    const info = tf.backend_util.computeConv2DInfo(shape, kernel, strides, dilations, pad, dimRoundingMode);
    const padding = info.padInfo.type;
    if ((padding !== "SAME" && padding !== "VALID") || tf.util.sizeFromShape(info.outShape) === 0) return undefined;
    const [down, across] = [info.strideHeight, info.strideWidth];
    const attributes = opAttributes(attribute, [1, down, across, 1], [1, info.dilationHeight, info.dilationWidth, 1], padding);
    return runOne(op, [x, filter, bias], attributes);
  });
}
