/** A draw from the standard normal distribution (Box and Muller, 1958); calls `random` twice. */
export function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * The logarithm of a draw from Gamma(shape, 1), by Marsaglia and Tsang (2000): a normal draw is cubed and accepted nearly always. A shape below 1 is drawn
 * at shape + 1 and boosted by U^(1/shape), in logarithms, since for small shapes the draw itself underflows.
 */
function drawLogGamma(shape: number, random: () => number): number {
  const d = Math.max(shape, shape < 1 ? shape + 1 : 0) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const boost = shape < 1 ? Math.log(1 - random()) / shape : 0;
  for (let tries = 0; tries < 1000; tries++) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) <= x * x * 0.5 + d - d * v + d * Math.log(v)) return boost + Math.log(d) + Math.log(v);
  }
  throw new RangeError("random is stuck: none of 1000 draws from the gamma distribution was accepted; expected numbers that vary in 0..1");
}

/** A draw from Beta(alpha, alpha), in 0..1, without underflow at small alpha. */
export function drawSymmetricBeta(alpha: number, random: () => number): number {
  const a = drawLogGamma(alpha, random);
  const b = drawLogGamma(alpha, random);
  return 1 / (1 + Math.exp(b - a));
}

/** A uniformly drawn order of 0..count−1 (Fisher and Yates). */
export function drawOrder(count: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.min(i, Math.floor(random() * (i + 1)));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
