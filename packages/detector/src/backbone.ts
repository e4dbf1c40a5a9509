import type * as tfl from "@tensorflow/tfjs-layers";
import { AveragePool3dLayer } from "./average-pool-3d-layer.js";
import { Conv3dLayer } from "./conv3d-layer.js";
import { GroupNormLayer } from "./group-norm-layer.js";
import { blockCounts, type PyramidConfig } from "./pyramid-config.js";

/** Makers of the network's layers, each with its own seed; layers are named, so that weights keep their names. */
export interface LayerMakers {
  conv(name: string, filters: number, kernelSize: number, stride?: 1 | 2): Conv3dLayer;
  linear(name: string, filters: number, bias: number, deviation: (fanIn: number) => number): Conv3dLayer;
  norm(name: string, activation: "linear" | "relu"): GroupNormLayer;
}

export function layerMakers({ groups, seed }: Pick<PyramidConfig, "groups" | "seed">): LayerMakers {
  let layers = 0;
  const he = (fanIn: number): number => Math.sqrt(2 / fanIn);
  return {
    // Seed 0 would mean "none" to TensorFlow.js.
    conv: (name, filters, kernelSize, stride = 1) =>
      new Conv3dLayer({ name, filters, kernelSize, stride, deviation: he, seed: seed * 1000 + ++layers }),
    linear: (name, filters, bias, deviation) =>
      new Conv3dLayer({ name, filters, kernelSize: 1, deviation, bias, seed: seed * 1000 + ++layers }),
    norm: (name, activation) => new GroupNormLayer({ name, groups, activation }),
  };
}

/** Applies layers one after the other. */
export const chain = (x: tfl.SymbolicTensor, ...layers: tfl.layers.Layer[]): tfl.SymbolicTensor =>
  layers.reduce((t, layer) => layer.apply(t) as tfl.SymbolicTensor, x);

/** The end of a residual block, ReLU(norm(y) + x), in one layer. */
const added = (norm: GroupNormLayer, x: tfl.SymbolicTensor, y: tfl.SymbolicTensor): tfl.SymbolicTensor =>
  norm.apply([y, x]) as tfl.SymbolicTensor;

function basicBlock({ conv, norm }: LayerMakers, x: tfl.SymbolicTensor, name: string, filters: number): tfl.SymbolicTensor {
  const y = chain(x, conv(`${name}_conv1`, filters, 3), norm(`${name}_norm1`, "relu"), conv(`${name}_conv2`, filters, 3));
  return added(norm(`${name}_norm2`, "relu"), x, y);
}

/**
 * A bottleneck; one that halves the extents does so in its 2×2×2 convolution, and its shortcut averages 2×2×2 voxels before it changes the
 * channels, so that none is passed over (He et al., "Bag of tricks", CVPR 2019).
 */
function bottleneck(makers: LayerMakers, x: tfl.SymbolicTensor, name: string, filters: number, halves: boolean): tfl.SymbolicTensor {
  const { conv, norm } = makers;
  const y = chain(
    x,
    conv(`${name}_conv1`, filters / 4, 1),
    norm(`${name}_norm1`, "relu"),
    halves ? conv(`${name}_conv2`, filters / 4, 2, 2) : conv(`${name}_conv2`, filters / 4, 3),
    norm(`${name}_norm2`, "relu"),
    conv(`${name}_conv3`, filters, 1),
  );
  const last = norm(`${name}_norm3`, "relu");
  if (!halves) return added(last, x, y);
  const shortcut = chain(
    x,
    new AveragePool3dLayer({ name: `${name}_pool` }),
    conv(`${name}_shortcut`, filters, 1),
    norm(`${name}_shortcut_norm`, "linear"),
  );
  return added(last, shortcut, y);
}

/**
 * The outputs of a backbone's stages, finest first.
 *
 * Kernels of strided layers are even, so that an output voxel is centered on the voxels that it summarizes.
 */
export function backboneStages(config: PyramidConfig, makers: LayerMakers, input: tfl.SymbolicTensor): tfl.SymbolicTensor[] {
  const { conv, norm } = makers;
  const blocks = blockCounts(config);
  let x = input;
  if (config.block === "basic") {
    return config.channels.map((filters, i) => {
      const name = `stage${i + 1}`;
      x = chain(x, conv(`${name}_down`, filters, i === 0 ? 4 : 2, 2), norm(`${name}_norm`, "relu"));
      for (let block = 1; block <= blocks[i]!; block++) x = basicBlock(makers, x, `${name}_block${block}`, filters);
      return x;
    });
  }
  // 6 is the even neighbor of the usual 7; 4 would cost as much, since a stride of 2 is computed over blocks of 2×2×2 voxels.
  x = chain(x, conv("stem", config.channels[0]! / 4, 6, 2), norm("stem_norm", "relu"));
  return config.channels.map((filters, i) => {
    for (let block = 1; block <= blocks[i]!; block++) x = bottleneck(makers, x, `stage${i + 1}_block${block}`, filters, block === 1);
    return x;
  });
}
