// The number of weights of a pyramid network, counted from its description alone: the oracle of what the layers sum up to.
import type { PyramidConfig } from "../src/index.js";

const norm = (channels: number): number => 2 * channels;
const conv = (k: number, from: number, to: number): number => k ** 3 * from * to;
const linear = (from: number, to: number): number => from * to + to;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export function parameterCount(config: PyramidConfig): number {
  const { block, channels, levels, pyramidChannels: p, headDepth, towers, classes, inputChannels, blocksPerStage } = config;
  const blocks = (i: number): number => (typeof blocksPerStage === "number" ? blocksPerStage : blocksPerStage[i]!);
  const basic = sum(
    channels.map((c, i) => {
      const down = i === 0 ? conv(4, inputChannels, c) : conv(2, channels[i - 1]!, c);
      return down + norm(c) + blocks(i) * 2 * (conv(3, c, c) + norm(c));
    }),
  );
  const stem = channels[0]! / 4;
  const bottlenecks = sum(
    channels.map((c, i) => {
      const [before, b] = [i === 0 ? stem : channels[i - 1]!, c / 4];
      const ends = norm(b) + norm(b) + conv(1, b, c) + norm(c);
      const first = conv(1, before, b) + conv(2, b, b) + ends + conv(1, before, c) + norm(c);
      return first + (blocks(i) - 1) * (conv(1, c, b) + conv(3, b, b) + ends);
    }),
  );
  const backbone = block === "basic" ? basic : conv(6, inputChannels, stem) + norm(stem) + bottlenecks;
  const firstStride = block === "basic" ? 2 : 4;
  const finest = Math.min(...levels.map(({ stride }) => stride));
  const laterals = sum(channels.map((c, i) => (firstStride * 2 ** i >= finest ? linear(c, p) : 0)));
  const tower = headDepth * (conv(3, p, p) + norm(p));
  const sizes = levels[0]!.sizes.length;
  return backbone + laterals + (towers === "shared" ? 1 : 2) * tower + linear(p, sizes * classes) + linear(p, 6 * sizes);
}
