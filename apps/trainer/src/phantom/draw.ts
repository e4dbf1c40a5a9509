// Draws from distributions; each takes the source of numbers in [0, 1) last.

type Source = () => number;

export const uniform = (low: number, high: number, random: Source): number => low + (high - low) * random();

export const chance = (probability: number, random: Source): boolean => random() < probability;

/** A whole number from low to high, both included. */
export const integer = (low: number, high: number, random: Source): number => low + Math.floor(random() * (high - low + 1));

/** A normal deviate by Box and Muller's transform. */
export const normal = (mean: number, sd: number, random: Source): number =>
  mean + sd * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A Poisson deviate by Knuth's product of uniforms (means of a few only). */
export function poisson(mean: number, random: Source): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}

/** One of the keys, in proportion to its weight. */
export function weighted<K extends string>(weights: Record<K, number>, random: Source): K {
  const entries = Object.entries(weights) as [K, number][];
  let rest = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of entries) if ((rest -= weight) < 0) return key;
  return entries.at(-1)![0];
}

/** A direction, uniform on the sphere. */
export function direction(random: Source): [number, number, number] {
  const z = uniform(-1, 1, random);
  const angle = 2 * Math.PI * random();
  const r = Math.sqrt(1 - z * z);
  return [r * Math.cos(angle), r * Math.sin(angle), z];
}
