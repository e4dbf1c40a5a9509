// The forward pass of the Wide ResNets in plain float64 loops, after the papers' description; nothing here comes from TensorFlow.js.

export interface Image {
  size: number;
  channels: number;
  /** C order over [y, x, channel]. */
  data: number[];
}

export type Weights = (layer: string) => number[][];

function conv(x: Image, [kernel, bias]: number[][], k: number, stride: number, filters: number): Image {
  const pad = (k - 1) / 2;
  const size = Math.ceil(x.size / stride);
  const data: number[] = [];
  for (let y = 0; y < size; y++) {
    for (let z = 0; z < size; z++) {
      for (let f = 0; f < filters; f++) {
        let sum = bias?.[f] ?? 0;
        for (let dy = 0; dy < k; dy++) {
          for (let dx = 0; dx < k; dx++) {
            const [sy, sx] = [y * stride + dy - pad, z * stride + dx - pad];
            if (sy < 0 || sx < 0 || sy >= x.size || sx >= x.size) continue;
            for (let c = 0; c < x.channels; c++) {
              sum += x.data[(sy * x.size + sx) * x.channels + c]! * kernel![((dy * k + dx) * x.channels + c) * filters + f]!;
            }
          }
        }
        data.push(sum);
      }
    }
  }
  return { size, channels: filters, data };
}

function normActivate(x: Image, [gamma, beta, mean, variance]: number[][], epsilon: number): Image {
  const data = x.data.map((value, i) => {
    const c = i % x.channels;
    const normed = (gamma![c]! * (value - mean![c]!)) / Math.sqrt(variance![c]! + epsilon) + beta![c]!;
    return normed > 0 ? normed : 0.1 * normed;
  });
  return { ...x, data };
}

export interface ReferencePlan {
  variant: "torchssl" | "usb" | "clean";
  depth: number;
  widen: number;
  groups: number;
  firstStride: number;
  classes: number;
}

/** The logits of one image. */
export function referenceWideResNet(
  x: Image,
  weights: Weights,
  { variant, depth, widen, groups, firstStride, classes }: ReferencePlan,
): number[] {
  const epsilon = variant === "torchssl" ? 1e-3 : 1e-5;
  x = conv(x, weights("stem"), 3, 1, 16);
  for (let group = 1; group <= groups; group++) {
    const filters = [16, 32, 64, 128][group - 1]! * widen;
    for (let block = 1; block <= (depth - 4) / 6; block++) {
      const name = `group${group}.block${block}`;
      const stride = block > 1 ? 1 : group > 1 ? 2 : firstStride;
      const project = stride > 1 || x.channels !== filters;
      const raw = project && group > 1 && variant !== "clean";
      const entry = raw ? x : normActivate(x, weights(`${name}.norm1`), epsilon);
      const middle = normActivate(conv(entry, weights(`${name}.conv1`), 3, stride, filters), weights(`${name}.norm2`), epsilon);
      const residual = conv(middle, weights(`${name}.conv2`), 3, 1, filters);
      const shortcut = project ? conv(entry, weights(`${name}.shortcut`), 1, stride, filters) : x;
      x = { ...residual, data: residual.data.map((value, i) => value + shortcut.data[i]!) };
    }
  }
  x = normActivate(x, weights("norm"), 1e-3);
  const average = Array.from(
    { length: x.channels },
    (_, c) => x.data.filter((_, i) => i % x.channels === c).reduce((a, b) => a + b) / x.size ** 2,
  );
  const [kernel, bias] = weights("head");
  return Array.from({ length: classes }, (_, j) => average.reduce((sum, value, c) => sum + value * kernel![c * classes + j]!, bias![j]!));
}
