/** NumPy's global generator after `np.random.seed(seed)` (MT19937), as `np.random.randint(n, size=size)` draws from it for n ≤ 2³². */
export function numpyRandint(seed: number): (n: number, size: number) => number[] {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
  let place = 624;
  const next = (): number => {
    if (place === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i]! & 0x80000000) | (state[(i + 1) % 624]! & 0x7fffffff);
        state[i] = state[(i + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      place = 0;
    }
    let y = state[place++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  // Draws are masked to the bits of n - 1 and thrown away when they are too large.
  return (n, size) => {
    const mask = 2 ** (32 - Math.clz32(n - 1)) - 1;
    return Array.from({ length: size }, () => {
      let value = (next() & mask) >>> 0;
      while (value >= n) value = (next() & mask) >>> 0;
      return value;
    });
  };
}
