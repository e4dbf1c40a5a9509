import * as tf from "@tensorflow/tfjs-core";
import { registerOperator, runKernel } from "./operator.js";

/** A kernel of one input, and the one that takes its gradient back. */
const pairs = [
  { name: "GleanerUpsampleNearest3d", gradient: "GleanerUpsampleNearest3dGrad", input: "dy" },
  { name: "GleanerBlocksToChannels", gradient: "GleanerChannelsToBlocks", input: "x" },
  { name: "GleanerChannelsToBlocks", gradient: "GleanerBlocksToChannels", input: "x" },
] as const;

/**
 * Moves between a volume and one of half its extents, written in C++ beside the binding (native/voxel_blocks.cc).
 *
 * `GleanerUpsampleNearest3d`: x [n, d, h, w, c] to [n, 2d, 2h, 2w, c], each voxel eight times; `GleanerUpsampleNearest3dGrad`: dy back to sums of
 * 2×2×2 voxels. `GleanerBlocksToChannels`: x [n, 2d, 2h, 2w, c] to [n, d, h, w, 8c], the voxel of a block slower than its channel;
 * `GleanerChannelsToBlocks` is its inverse.
 */
export function registerVoxelBlocks(): void {
  registerOperator("GleanerUpsampleNearest3dGrad", ({ inputs, runOne }) => runOne("GleanerUpsampleNearest3dGrad", [inputs["dy"]!], []));
  for (const { name, gradient, input } of pairs) {
    registerOperator(name, ({ inputs, runOne }) => runOne(name, [inputs["x"]!], []));
    if (tf.getGradient(name)) continue;
    tf.registerGradient({
      kernelName: name,
      gradFunc: (dy) => ({ x: () => runKernel(gradient, { [input]: dy as tf.Tensor })[0]! }),
    });
  }
}
