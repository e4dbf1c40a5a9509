type Pixels = Uint8Array | Uint8ClampedArray | Float32Array;

/** An image as a plain array: rows from the top, channels innermost. */
export interface Image<D extends Pixels = Pixels> {
  data: D;
  shape: readonly [height: number, width: number, channels: number];
}

/** Throws unless the shape is three integers ≥ 1 that fit the data. */
export function requireImage({ data, shape }: Image): void {
  if (shape.length !== 3 || shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new RangeError(`shape is [${shape}]; expected three integers of at least 1, [height, width, channels]`);
  }
  if (data.length !== shape[0] * shape[1] * shape[2]) throw new RangeError(`data has ${data.length} values; expected ${shape.join(" × ")}`);
}

/**
 * An image of the same size whose pixel (y, x) is the pixel `sourceOf(y, x)` of another, counted along rows; −1 is black.
 */
export function rearrange<D extends Pixels>({ data, shape }: Image<D>, sourceOf: (y: number, x: number) => number): Image<D> {
  const [height, width, channels] = shape;
  // Zeros of the same type and length.
  const out = data.slice().fill(0) as D;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const source = sourceOf(y, x);
      if (source >= 0) for (let c = 0; c < channels; c++) out[at + c] = data[source * channels + c]!;
    }
  }
  return { data: out, shape };
}
