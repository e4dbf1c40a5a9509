/** Small seeded generator (mulberry32), so that every run measures the same. */
export function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Images of 32 × 32 × 3 bytes, each of three colored waves and some noise: values lie as in photographs, neither flat nor mere noise. */
export function drawnImages(count) {
  const random = seeded(1);
  const images = new Uint8Array(count * 3072);
  for (let i = 0; i < count; i++) {
    const waves = Array.from({ length: 3 }, () => ({
      x: 0.4 * random() - 0.2,
      y: 0.4 * random() - 0.2,
      phase: 6 * random(),
      color: [random(), random(), random()],
    }));
    for (let at = 0; at < 3072; at++) {
      const [y, x, c] = [Math.floor(at / 96), Math.floor(at / 3) % 32, at % 3];
      const light = waves.reduce((sum, wave) => sum + wave.color[c] * Math.sin(wave.x * x + wave.y * y + wave.phase), 0);
      images[i * 3072 + at] = Math.max(0, Math.min(255, 120 + 50 * light + 20 * random()));
    }
  }
  return images;
}
