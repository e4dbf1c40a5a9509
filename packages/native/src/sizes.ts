/** What an installation weighs. */
export interface Sizes {
  /** Bytes that come over the network. */
  download: number;
  /** Bytes that stay in the cache. */
  installed: number;
}

/**
 * Sizes of TensorFlow 2.21.0's wheels and of what is taken from them; other versions are taken to be like it. The CUDA libraries come in twelve
 * wheels of their own, and which versions pip chooses moves their sizes by some hundred megabytes.
 */
const cpu: Sizes = { download: 274_000_000, installed: 856_000_000 };
const cuda: Sizes = { download: 572_000_000 + 2_900_000_000, installed: 5_800_000_000 };

/** About how large a TensorFlow is. */
export const sizesOf = (gpu: boolean): Sizes => (gpu ? cuda : cpu);
