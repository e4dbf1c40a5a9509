// The pyramid network once more, in plain JavaScript with float64 and nothing of TensorFlow.js: the oracle of values and, by finite
// differences, of gradients, for whichever backend runs the real one.
import type { PyramidConfig } from "../src/index.js";

/** A volume [z, y, x, channel] of one sample. */
export interface Volume {
  data: Float64Array;
  shape: [number, number, number];
  channels: number;
}
/** Weights by name, C-ordered as the layers hold them. */
export type Weights = Record<string, Float64Array>;

const volume = (shape: [number, number, number], channels: number): Volume => ({
  data: new Float64Array(shape[0] * shape[1] * shape[2] * channels),
  shape,
  channels,
});

export function referenceConv(x: Volume, kernel: Float64Array, k: number, filters: number, stride = 1, bias?: Float64Array): Volume {
  const [D, H, W] = x.shape;
  const y = volume([D / stride, H / stride, W / stride], filters);
  const pad = (k - stride) / 2;
  let out = 0;
  for (let z = 0; z < y.shape[0]; z++)
    for (let v = 0; v < y.shape[1]; v++)
      for (let u = 0; u < y.shape[2]; u++, out += filters) {
        for (let f = 0; f < filters; f++) y.data[out + f] = bias?.[f] ?? 0;
        for (let i = 0; i < k; i++)
          for (let j = 0; j < k; j++)
            for (let l = 0; l < k; l++) {
              const [a, b, c] = [z * stride + i - pad, v * stride + j - pad, u * stride + l - pad];
              if (a < 0 || b < 0 || c < 0 || a >= D || b >= H || c >= W) continue;
              const from = ((a * H + b) * W + c) * x.channels;
              const tap = ((i * k + j) * k + l) * x.channels * filters;
              for (let n = 0; n < x.channels; n++) {
                const value = x.data[from + n]!;
                for (let f = 0; f < filters; f++) y.data[out + f]! += value * kernel[tap + n * filters + f]!;
              }
            }
      }
  return y;
}

export function referenceGroupNorm(x: Volume, gamma: Float64Array, beta: Float64Array, groups: number, relu: boolean): Volume {
  const y = volume(x.shape, x.channels);
  const size = x.channels / groups;
  for (let g = 0; g < groups; g++) {
    const members = Array.from(x.data.keys()).filter((i) => Math.floor((i % x.channels) / size) === g);
    const mean = members.reduce((sum, i) => sum + x.data[i]!, 0) / members.length;
    const variance = members.reduce((sum, i) => sum + (x.data[i]! - mean) ** 2, 0) / members.length;
    for (const i of members) {
      const value = ((x.data[i]! - mean) / Math.sqrt(variance + 1e-5)) * gamma[i % x.channels]! + beta[i % x.channels]!;
      y.data[i] = relu ? Math.max(0, value) : value;
    }
  }
  return y;
}

export function referenceUpsample(x: Volume): Volume {
  const [D, H, W] = x.shape;
  const y = volume([2 * D, 2 * H, 2 * W], x.channels);
  y.data.forEach((_, i) => {
    const [c, u, v, z] = [
      i % x.channels,
      Math.floor(i / x.channels) % (2 * W),
      Math.floor(i / x.channels / 2 / W) % (2 * H),
      Math.floor(i / x.channels / 4 / W / H),
    ];
    y.data[i] = x.data[(((z >> 1) * H + (v >> 1)) * W + (u >> 1)) * x.channels + c]!;
  });
  return y;
}

export function referenceAveragePool(x: Volume): Volume {
  const [D, H, W] = x.shape;
  const y = volume([D / 2, H / 2, W / 2], x.channels);
  x.data.forEach((value, i) => {
    const [c, u, v, z] = [
      i % x.channels,
      Math.floor(i / x.channels) % W,
      Math.floor(i / x.channels / W) % H,
      Math.floor(i / x.channels / W / H),
    ];
    y.data[(((z >> 1) * (H / 2) + (v >> 1)) * (W / 2) + (u >> 1)) * x.channels + c]! += value / 8;
  });
  return y;
}

const add = (a: Volume, b: Volume, relu: boolean): Volume => ({
  ...a,
  data: a.data.map((v, i) => (relu ? Math.max(0, v + b.data[i]!) : v + b.data[i]!)),
});

/** Logits and deltas of one sample, flat, in the order of the anchors. */
export function referencePredict(config: PyramidConfig, weights: Weights, input: Volume): { logits: number[]; deltas: number[] } {
  const w = (name: string): Float64Array => {
    const found = weights[name];
    if (!found) throw new Error(`no weights named ${name}; there are ${Object.keys(weights).join(", ")}`);
    return found;
  };
  const norm = (x: Volume, name: string, relu: boolean) =>
    referenceGroupNorm(x, w(`${name}/gamma`), w(`${name}/beta`), config.groups, relu);
  const conv = (x: Volume, name: string, k: number, filters: number, stride = 1) =>
    referenceConv(x, w(`${name}/kernel`), k, filters, stride);
  const linear = (x: Volume, name: string, filters: number) => referenceConv(x, w(`${name}/kernel`), 1, filters, 1, w(`${name}/bias`));
  const isBottleneck = config.block === "bottleneck";
  const blocks = (i: number): number => (typeof config.blocksPerStage === "number" ? config.blocksPerStage : config.blocksPerStage[i]!);
  let x = isBottleneck ? norm(conv(input, "stem", 6, config.channels[0]! / 4, 2), "stem_norm", true) : input;
  const stages = config.channels.map((filters, i) => {
    const name = `stage${i + 1}`;
    for (let b = 1; b <= (isBottleneck ? blocks(i) : 0); b++) {
      const block = `${name}_block${b}`;
      const halves = b === 1;
      let y = norm(conv(x, `${block}_conv1`, 1, filters / 4), `${block}_norm1`, true);
      y = norm(conv(y, `${block}_conv2`, halves ? 2 : 3, filters / 4, halves ? 2 : 1), `${block}_norm2`, true);
      y = norm(conv(y, `${block}_conv3`, 1, filters), `${block}_norm3`, false);
      if (halves) x = norm(conv(referenceAveragePool(x), `${block}_shortcut`, 1, filters), `${block}_shortcut_norm`, false);
      x = add(x, y, true);
    }
    if (isBottleneck) return x;
    x = norm(conv(x, `${name}_down`, i === 0 ? 4 : 2, filters, 2), `${name}_norm`, true);
    for (let b = 1; b <= blocks(i); b++) {
      const block = `${name}_block${b}`;
      const y = norm(conv(x, `${block}_conv1`, 3, filters), `${block}_norm1`, true);
      x = add(x, norm(conv(y, `${block}_conv2`, 3, filters), `${block}_norm2`, false), true);
    }
    return x;
  });
  const finest = Math.min(...config.levels.map(({ stride }) => stride));
  const pyramid = new Map<number, Volume>();
  let top: Volume | undefined;
  const strideOf = (i: number): number => 2 ** (i + (isBottleneck ? 2 : 1));
  for (let i = stages.length - 1; i >= 0 && strideOf(i) >= finest; i--) {
    const lateral = linear(stages[i]!, `lateral${i + 1}`, config.pyramidChannels);
    top = top ? add(lateral, referenceUpsample(top), false) : lateral;
    pyramid.set(strideOf(i), top);
  }
  const logits: number[] = [];
  const deltas: number[] = [];
  for (const { stride, sizes } of config.levels) {
    const tower = (name: string): Volume => {
      let features = pyramid.get(stride)!;
      for (let i = 1; i <= config.headDepth; i++)
        features = norm(conv(features, `${name}_conv${i}`, 3, config.pyramidChannels), `${name}_norm${i}`, true);
      return features;
    };
    const isShared = config.towers === "shared";
    logits.push(...linear(tower(isShared ? "head" : "logits"), "logits", sizes.length * config.classes).data);
    deltas.push(...linear(tower(isShared ? "head" : "deltas"), "deltas", sizes.length * 6).data);
  }
  return { logits, deltas };
}
