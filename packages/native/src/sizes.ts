/** What an installation weighs. */
export interface Sizes {
  /** Bytes that come over the network. */
  download: number;
  /** Bytes that stay in the cache. */
  installed: number;
}

/**
 * Sizes of the wheels and of the two libraries in them, seen on PyPI. Other versions are taken to be like 2.21.0 of their kind.
 * The CUDA libraries come in wheels of their own, whose sizes depend on what TensorFlow asks for.
 */
const cpu: Sizes = { download: 274_000_000, installed: 856_000_000 };
const cuda: Sizes = { download: 572_000_000 + 2_900_000_000, installed: 1_800_000_000 + 4_700_000_000 };

/** About how large a TensorFlow is. */
export const sizesOf = (gpu: boolean): Sizes => (gpu ? cuda : cpu);
