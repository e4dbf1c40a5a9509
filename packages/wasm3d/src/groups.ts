import type { TensorInfo } from "@tensorflow/tfjs-core";

/** What group norm does to [samples, …, channels]. */
export interface Split {
  samples: number;
  positions: number;
  channels: number;
  /** Channels of a group. */
  width: number;
  groups: number;
  /** Values that one mean is taken over. */
  count: number;
}

/** Checks the shapes. */
export function splitOf(x: TensorInfo, gamma: TensorInfo, beta: TensorInfo, groups: number): Split {
  const rank = x.shape.length;
  if (rank < 2) throw new RangeError(`x has rank ${rank}, expected a batch axis first and a channel axis last.`);
  const [samples, channels] = [x.shape[0]!, x.shape[rank - 1]!];
  if (!(Number.isInteger(groups) && groups > 0 && channels % groups === 0))
    throw new RangeError(`groups ${groups}, expected a divisor of the ${channels} channels.`);
  for (const [name, { shape }] of Object.entries({ gamma, beta })) {
    if (shape.length !== 1 || shape[0] !== channels) throw new RangeError(`${name} has shape [${shape}], expected [${channels}].`);
  }
  const positions = x.shape.slice(1, -1).reduce((a, b) => a * b, 1);
  const width = channels / groups;
  return { samples, positions, channels, width, groups, count: positions * width };
}

/** Sums of a group's channels, each multiplied by `weights`. */
export const groupSum = (sums: ArrayLike<number>, group: number, width: number, weights?: ArrayLike<number>): number => {
  let total = 0;
  for (let c = group * width; c < (group + 1) * width; c++) total += sums[c]! * (weights ? weights[c]! : 1);
  return total;
};
