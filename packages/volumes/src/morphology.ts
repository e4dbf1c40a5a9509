/**
 * A binary volume dilated by a ball: every voxel whose center is at most `radiusMm` from that of a voxel equal to `value`.
 * What lies outside of the volume counts as empty. The ball is exact; 32 voxels are worked on at once, as the bits of a word.
 */
export function dilate(
  mask: Uint8Array,
  shape: readonly [number, number, number],
  spacingMm: readonly [number, number, number],
  radiusMm: number,
  value: 0 | 1 = 1,
): Uint8Array {
  const [depth, height, width] = shape;
  const words = Math.ceil(width / 32);
  let rows = packRows(mask, width, words, value);
  const out = new Int32Array(rows.length);
  const [dz, dy, dx] = spacingMm;
  // For each neighboring row of the ball, how far the ball reaches along x in it.
  const reachZ = Math.floor((radiusMm * (1 + 1e-9)) / dz);
  const reachY = Math.floor((radiusMm * (1 + 1e-9)) / dy);
  const byReach: [z: number, y: number][][] = [];
  for (let z = -reachZ; z <= reachZ; z++) {
    for (let y = -reachY; y <= reachY; y++) {
      const left = radiusMm ** 2 * (1 + 1e-9) - (z * dz) ** 2 - (y * dy) ** 2;
      if (left >= 0) (byReach[Math.min(width, Math.floor(Math.sqrt(left) / dx))] ??= []).push([z, y]);
    }
  }
  for (let reach = 0; reach < byReach.length; reach++) {
    if (reach > 0) rows = widenRows(rows, words);
    for (const [z, y] of byReach[reach] ?? []) {
      // Rows z0..z1, y0..y1 of the result have this neighbor inside the volume.
      for (let row = Math.max(0, -z); row < Math.min(depth, depth - z); row++) {
        const y0 = Math.max(0, -y);
        const y1 = Math.min(height, height - y);
        const shift = (z * height + y) * words;
        for (let i = (row * height + y0) * words; i < (row * height + y1) * words; i++) out[i]! |= rows[i + shift]!;
      }
    }
  }
  return unpackRows(out, width, words);
}

function packRows(mask: Uint8Array, width: number, words: number, value: 0 | 1): Int32Array {
  const rows = new Int32Array((mask.length / width) * words);
  for (let row = 0, i = 0; i < mask.length; row++) {
    for (let x = 0; x < width; x++, i++) if (mask[i] === value) rows[row * words + (x >> 5)]! |= 1 << (x & 31);
  }
  return rows;
}

function unpackRows(rows: Int32Array, width: number, words: number): Uint8Array {
  const mask = new Uint8Array((rows.length / words) * width);
  for (let row = 0, i = 0; i < mask.length; row++) {
    for (let x = 0; x < width; x++, i++) mask[i] = (rows[row * words + (x >> 5)]! >>> (x & 31)) & 1;
  }
  return mask;
}

/** Every row dilated by one voxel to both sides; bits behind a row's end may be set, and stand for voxels that nobody reads. */
function widenRows(rows: Int32Array, words: number): Int32Array {
  const out = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const word = rows[i]!;
    const place = i % words;
    const before = place > 0 ? rows[i - 1]! >>> 31 : 0;
    const after = place < words - 1 ? rows[i + 1]! << 31 : 0;
    out[i] = word | (word << 1) | before | (word >>> 1) | after;
  }
  return out;
}
