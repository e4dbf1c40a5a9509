// SplitMix64 (Steele, Lea & Flood, 2014) expands a seed into states; FNV-1a turns a label into a number. Both run once a stream, so BigInt
// is fast enough.

const word = (x: bigint): bigint => BigInt.asUintN(64, x);

/** The value of a SplitMix64 generator whose state is `state` after its increment. */
const mix = (state: bigint): bigint => {
  let z = state;
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
};

/** The first `count` values of SplitMix64 started at `seed`. */
export function splitMix64(seed: bigint, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => mix(word(seed + BigInt(i + 1) * 0x9e3779b97f4a7c15n)));
}

/** 64-bit FNV-1a over the UTF-16 code units of a text, low byte first. */
export function hashText(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    for (const byte of [unit & 255, unit >> 8]) hash = word((hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
