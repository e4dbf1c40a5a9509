export type Pixels = Uint8Array | Uint8ClampedArray | Float32Array;

/** The size of an image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** An image as a plain array: rows from the top, channels innermost. */
export interface Image<D extends Pixels = Pixels> {
  data: D;
  shape: ImageShape;
}

/** Images that the operations work on: 8 bits, one channel or three. */
export type ByteImage = Image<Uint8Array> | Image<Uint8ClampedArray>;

const kinds = { Uint8Array, Uint8ClampedArray, Float32Array };

/** Throws unless the data is an array of a known kind and the shape three integers ≥ 1 that fit it. */
export function requireImage({ data, shape }: Image): void {
  const kind = data[Symbol.toStringTag];
  if (!Object.hasOwn(kinds, `${kind}`)) throw new TypeError(`data is ${kind ?? typeof data}; expected ${Object.keys(kinds).join(", ")}`);
  if (shape.length !== 3 || shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new RangeError(`shape is [${shape}]; expected three integers of at least 1, [height, width, channels]`);
  }
  if (data.length !== shape[0] * shape[1] * shape[2]) throw new RangeError(`data has ${data.length} values; expected ${shape.join(" × ")}`);
}

/** Throws unless it is an image of bytes with one channel or three. */
export function requireBytes(image: Image): void {
  requireImage(image);
  if (image.data.BYTES_PER_ELEMENT !== 1) throw new TypeError("data holds floats; expected bytes, 0..255");
  if (image.shape[2] !== 1 && image.shape[2] !== 3) throw new RangeError(`image has ${image.shape[2]} channels; expected 1 or 3`);
}

/** Zeros of the same type and length; a Buffer of Node is a Uint8Array, and its own constructor and slice do other things. */
export function blankLike<D extends Pixels>(data: D): D {
  return new kinds[data[Symbol.toStringTag]](data.length) as D;
}

/** A copy in memory of its own. */
export function copyOf<D extends Pixels>(data: D): D {
  const out = blankLike(data);
  out.set(data);
  return out;
}

/**
 * Writes an image whose pixel (y, x) is the pixel (rows[y], columns[x]) of another; −1 is black.
 *
 * @param to other memory than `from`; every value of it is written
 */
export function pickPixels(from: Pixels, to: Pixels, [height, width, channels]: ImageShape, rows: Int32Array, columns: Int32Array): void {
  const length = width * channels;
  for (let y = 0, at = 0; y < height; y++) {
    const row = rows[y]! * length;
    for (let x = 0; x < width; x++, at += channels) {
      const source = row + columns[x]! * channels;
      if (row < 0 || columns[x]! < 0) {
        for (let c = 0; c < channels; c++) to[at + c] = 0;
      } else if (channels === 3) {
        to[at] = from[source]!;
        to[at + 1] = from[source + 1]!;
        to[at + 2] = from[source + 2]!;
      } else {
        for (let c = 0; c < channels; c++) to[at + c] = from[source + c]!;
      }
    }
  }
}
