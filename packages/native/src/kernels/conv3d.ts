import * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, wrapKernel } from "./operator.js";

type Shape5 = [number, number, number, number, number];

const block = 16;
// Beyond these the transformed filter or the slices that a thread works on no longer fit its cache, and TensorFlow's way is no slower.
const mostChannels = 128;
const widest = 256;

/** Whether the operators are for this convolution: 3×3×3 voxels, each extent kept, channels in whole blocks. */
function isForBlocks({ attrs }: KernelCall, tensors: tf.TensorInfo[], image: number[], filter: number[]): boolean {
  const fits = (channels: number): boolean => channels % block === 0 && channels <= mostChannels;
  const [inputs, outputs] = filter.slice(3) as [number, number];
  if (filter.slice(0, 3).some((extent) => extent !== 3) || image[3]! > widest) return false;
  // Half a block may come in, which is what a first layer makes of one channel.
  if (!fits(outputs) || !(fits(inputs) || (inputs === block / 2 && !("inputShape" in attrs)))) return false;
  if (tensors.some(({ dtype }) => dtype !== "float32")) return false;
  const { strides, pad, dilations = 1 } = attrs as unknown as tf.Conv3DAttrs;
  const info = tf.backend_util.computeConv3DInfo(image as Shape5, filter as Shape5, strides, dilations, pad);
  const steps = [info.strideDepth, info.strideHeight, info.strideWidth, info.dilationDepth, info.dilationHeight, info.dilationWidth];
  return info.padInfo.type === "SAME" && info.dataFormat === "channelsLast" && steps.every((step) => step === 1);
}

/**
 * Convolutions of 3×3×3 voxels at stride 1 with padding "same", and both their gradients, by Winograd's tiles of 2 × 2 voxels (native/conv3d.cc): for
 * channels in multiples of 16 (and 8 that come in) they take the place of TensorFlow's operators, which multiply more than twice as often.
 *
 * Values are those of a direct convolution up to rounding (some 1e-6 of the largest); a number that is not finite makes NaN of the outputs of
 * its tiles, also where its factor would be 0.
 */
export function registerConv3d(): void {
  wrapKernel("Conv3D", (call) => {
    const { x, filter } = call.inputs as Record<"x" | "filter", tf.TensorInfo>;
    if (!isForBlocks(call, [x, filter], x.shape, filter.shape)) return undefined;
    return call.runOne("GleanerConv3d", [x, filter], []);
  });
  wrapKernel("Conv3DBackpropInputV2", (call) => {
    const { dy, filter } = call.inputs as Record<"dy" | "filter", tf.TensorInfo>;
    if (!isForBlocks(call, [dy, filter], call.attrs["inputShape"] as number[], filter.shape)) return undefined;
    return call.runOne("GleanerConv3dInputGrad", [dy, filter], []);
  });
  wrapKernel("Conv3DBackpropFilterV2", (call) => {
    const { x, dy } = call.inputs as Record<"x" | "dy", tf.TensorInfo>;
    if (!isForBlocks(call, [x, dy], x.shape, call.attrs["filterShape"] as number[])) return undefined;
    return call.runOne("GleanerConv3dFilterGrad", [x, dy], []);
  });
}
