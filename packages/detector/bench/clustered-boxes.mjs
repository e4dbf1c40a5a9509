/** Small seeded generator (mulberry32), so that every run measures the same boxes. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Boxes of about 9 voxels around cluster centers in a scan of 320 × 512 × 512 voxels. */
export function clusteredBoxes(count, clusters) {
  const random = generator(1);
  const centers = Array.from({ length: clusters }, () => [320, 512, 512].map((extent) => random() * extent));
  const boxes = new Float32Array(6 * count);
  for (let i = 0; i < count; i++) {
    const center = centers[Math.floor(random() * clusters)];
    for (let axis = 0; axis < 3; axis++) {
      const middle = center[axis] + 6 * (random() - 0.5);
      const edge = 9 + 6 * (random() - 0.5);
      boxes[6 * i + axis] = middle - edge / 2;
      boxes[6 * i + axis + 3] = middle + edge / 2;
    }
  }
  return { boxes, scores: Float32Array.from({ length: count }, random) };
}
