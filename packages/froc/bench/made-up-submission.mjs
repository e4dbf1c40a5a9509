// A made-up submission of any size, for the benches: findings, exclusions and marks as dense as LUNA16's.

/** A generator of numbers in 0..1 with a seed (splitmix32). */
export function seeded(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let t = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return ((t ^ (t >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** `scanCount` scans with 4 findings for 3 scans, 40 exclusions a scan, and `marksPerScan` marks, 9 of 10 findings among them. */
export function madeUpSubmission(scanCount, marksPerScan, seed = 1) {
  const random = seeded(seed);
  const digits = (value, count) => Number(value.toFixed(count));
  const place = () => ({
    x: digits((random() - 0.5) * 300, 6),
    y: digits((random() - 0.5) * 300, 6),
    z: digits(-300 * random(), 6),
  });
  // As long as the identifiers of LUNA16, and as alike in the beginning.
  const scans = Array.from({ length: scanCount }, (_, i) => `1.2.826.0.1.3680043.2.1125.1.${String(i).padStart(36, "0")}`);
  const findings = [];
  const excluded = [];
  const candidates = [];
  for (const [i, scan] of scans.entries()) {
    const own = Array.from({ length: 1 + (i % 3 === 0 ? 1 : 0) }, () => ({ scan, ...place(), diameterMm: digits(4 + 8 * random(), 4) }));
    findings.push(...own);
    for (let n = 0; n < 40; n++) excluded.push({ scan, ...place(), diameterMm: n % 8 === 0 ? digits(4 + 8 * random(), 4) : -1 });
    for (const { x, y, z } of own) {
      if (random() < 0.9) candidates.push({ scan, x: x + 1, y, z: z - 1, probability: digits(random() ** 0.3, 6) });
    }
    while (candidates.length < (i + 1) * marksPerScan) candidates.push({ scan, ...place(), probability: digits(0.9 * random() ** 5, 6) });
  }
  // A submission is in no order of scans.
  for (let i = candidates.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [candidates[i], candidates[j]] = [candidates[j], candidates[i]];
  }
  // Copies lie in memory in the order of the rows, as a reader makes them.
  return { scans, findings, excluded, candidates: candidates.map((mark) => ({ ...mark })) };
}
