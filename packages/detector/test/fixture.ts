import { readFileSync } from "node:fs";

/** A fixture of this package, parsed. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of its fixture.
export const fixture = (name: string): any => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"));

/** The largest absolute difference of two lists of one length. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  // Math.max keeps NaN, which is then not less than anything.
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}
