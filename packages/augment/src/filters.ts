import { type Bytes, mixBytes, type Operation } from "./point-operations.js";

/** Copies the pixels nearer than `margin` to the border; false if there are no others. */
function copyBorder(from: Bytes, to: Bytes, height: number, row: number, margin: number, channels: number): boolean {
  to.set(from);
  return height > 2 * margin && row > 2 * margin * channels;
}

/** Mean of 3 × 3 pixels where the center weighs 5 of 13; the border stays. */
export const smooth: Operation = (from, to, [height, width, channels]) => {
  const row = width * channels;
  if (!copyBorder(from, to, height, row, 1, channels)) return;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + channels, end = (y + 1) * row - channels; i < end; i++) {
      const up = i - row;
      const down = i + row;
      const around =
        from[up - channels]! +
        from[up]! +
        from[up + channels]! +
        from[i - channels]! +
        from[i + channels]! +
        from[down - channels]! +
        from[down]! +
        from[down + channels]!;
      // Rounded: 13 is odd, so that no sum lies halfway.
      to[i] = ((around + 5 * from[i]! + 6) / 13) | 0;
    }
  }
};

/** Mean of the 16 pixels around 5 × 5, without the inner 3 × 3; two pixels along the border stay. */
export const blur: Operation = (from, to, [height, width, channels]) => {
  const row = width * channels;
  if (!copyBorder(from, to, height, row, 2, channels)) return;
  for (let y = 2; y < height - 2; y++) {
    for (let i = y * row + 2 * channels, end = (y + 1) * row - 2 * channels; i < end; i++) {
      let sum = 8;
      for (let x = -2; x <= 2; x++) sum += from[i - 2 * row + x * channels]! + from[i + 2 * row + x * channels]!;
      for (let y = -1; y <= 1; y++) sum += from[i + y * row - 2 * channels]! + from[i + y * row + 2 * channels]!;
      to[i] = sum >> 4;
    }
  }
};

/** Between the smooth image at 0 and the image at 1. */
export const sharpness: Operation = (from, to, shape, value) => {
  smooth(from, to, shape, 0);
  mixBytes(to, from, value, to);
};
