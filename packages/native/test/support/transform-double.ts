// tf.image.transform and tf.image.rotateWithOffset in double precision, written from their definitions.

export type Mode = "constant" | "reflect" | "wrap" | "nearest";

export interface TransformCase {
  batch: number;
  height: number;
  width: number;
  channels: number;
  size: [height: number, width: number];
  transforms: number[][];
  interpolation: "nearest" | "bilinear";
  mode: Mode;
  fill: number;
}

const clamp = (x: number, length: number): number => Math.min(Math.max(x, 0), length - 1);

/** A coordinate brought into the image: mirrored at its edges [dcba|abcd|dcba], repeated [abcd|abcd|abcd], or held at the border. */
function into(x: number, length: number, mode: Mode): number {
  if (mode === "nearest") return clamp(x, length);
  if (mode === "constant" || (x >= 0 && x <= length - 1)) return x;
  if (mode === "reflect") {
    const period = 2 * length;
    const place = x < 0 ? x + period * Math.trunc(-x / period) : x - period * Math.trunc(x / period);
    const mirrored = x < 0 ? (place < -length ? place + period : -place - 1) : place >= length ? period - place - 1 : place;
    return clamp(mirrored, length);
  }
  const shift = x < 0 ? Math.trunc(-x / (length - 1)) + 1 : -Math.trunc(x / (length - 1));
  return clamp(x + length * shift, length);
}

/** Where the output's place i is read: image, row and column. */
function placeOf(i: number, { channels, size: [rows, columns], transforms, height, width, mode }: TransformCase): [number, number, number] {
  const at = Math.floor(i / channels);
  const [x, y, image] = [at % columns, Math.floor(at / columns) % rows, Math.floor(at / columns / rows)];
  const [a0, a1, a2, a3, a4, a5, a6, a7] = transforms[image % transforms.length] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const scale = a6 * x + a7 * y + 1;
  return [image, into((a3 * x + a4 * y + a5) / scale, height, mode), into((a0 * x + a1 * y + a2) / scale, width, mode)];
}

export function transformDouble(image: ArrayLike<number>, c: TransformCase): Float64Array {
  const { batch, height, width, channels, size, interpolation, fill } = c;
  const read = (n: number, y: number, x: number, channel: number): number =>
    y < 0 || y >= height || x < 0 || x >= width ? fill : image[((n * height + y) * width + x) * channels + channel]!;
  return Float64Array.from({ length: batch * size[0] * size[1] * channels }, (_, i) => {
    const [n, y, x] = placeOf(i, c);
    const channel = i % channels;
    if (interpolation === "nearest") return read(n, Math.round(y), Math.round(x), channel);
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const alongX = (row: number): number => (left + 1 - x) * read(n, row, left, channel) + (x - left) * read(n, row, left + 1, channel);
    return (top + 1 - y) * alongX(top) + (y - top) * alongX(top + 1);
  });
}

const isHalf = (x: number): boolean => Math.abs(Math.abs(x - Math.floor(x)) - 0.5) < 1e-4;

/** Whether the output's place i lies in the middle between two pixels, for interpolation "nearest". */
export function isNearTie(i: number, c: TransformCase): boolean {
  const [, y, x] = placeOf(i, c);
  return c.interpolation === "nearest" && (isHalf(x) || isHalf(y));
}

/** The image turned about a center given as parts of the width and height; outside of it the fill, of which a fourth channel is 255. */
export function rotationDouble(
  image: ArrayLike<number>,
  { batch, height, width, channels }: Pick<TransformCase, "batch" | "height" | "width" | "channels">,
  radians: number,
  fill: number | readonly number[],
  center: number | readonly [number, number],
): { values: Float64Array; ties: boolean[] } {
  const [partX, partY] = typeof center === "number" ? [center, center] : center;
  const [centerX, centerY] = [width * partX, height * partY];
  const values = new Float64Array(batch * height * width * channels);
  const ties: boolean[] = [];
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / channels);
    const [x, y, n, channel] = [at % width, Math.floor(at / width) % height, Math.floor(at / width / height), i % channels];
    const fromX = (x - centerX) * Math.cos(radians) - (y - centerY) * Math.sin(radians) + centerX;
    const fromY = (x - centerX) * Math.sin(radians) + (y - centerY) * Math.cos(radians) + centerY;
    const [column, row] = [Math.round(fromX), Math.round(fromY)];
    ties.push(isHalf(fromX) || isHalf(fromY));
    const outside = typeof fill === "number" ? fill : channel === 3 ? 255 : fill[channel]!;
    const isInside = row >= 0 && row < height && column >= 0 && column < width;
    values[i] = isInside ? image[((n * height + row) * width + column) * channels + channel]! : outside;
  }
  return { values, ties };
}
