import type { Totals } from "./operating-points.js";
import type { FrocRule } from "./types.js";

/** How a rule turns counts into rates, and a false-positive rate into the largest count that still fits. */
export interface RuleArithmetic {
  falsePositivesPerScan(falsePositives: number): number;
  sensitivity(found: number): number;
  /** The largest number of false positives whose rate is at most `rate`. */
  countAt(rate: number): number;
  /** Whether a rate between two operating points is interpolated; otherwise the point before it holds. */
  interpolates: boolean;
}

/** `rate · scans` as a whole number; a product that misses one by rounding alone (0.29 · 100 = 28.999999999999996) is that number. */
function wholeCount(rate: number, scans: number): number {
  const product = rate * scans;
  const nearest = Math.round(product);
  return Math.abs(product - nearest) <= 1e-9 * Math.max(1, nearest) ? nearest : Math.floor(product);
}

/**
 * The script divides by the total and multiplies by it again, which puts 111 / 888 on either side of 1/8 as the total has it; the order of the
 * operations is therefore kept. Without any false positive its curve has no width, without any found finding it is not a number.
 */
export function ruleArithmetic(rule: FrocRule, { scans, nodules, found, falsePositives: total }: Totals): RuleArithmetic {
  if (rule === "exact") {
    return {
      falsePositivesPerScan: (count) => count / scans,
      sensitivity: (count) => count / nodules,
      countAt: (rate) => wholeCount(rate, scans),
      interpolates: false,
    };
  }
  const falsePositivesPerScan = (count: number): number => (total === 0 ? 0 : ((count / total) * total) / scans);
  return {
    falsePositivesPerScan,
    sensitivity: (count) => ((count / found) * found) / nodules,
    countAt(rate) {
      if (total === 0) return 0;
      let count = Math.min(total, Math.floor(rate * scans) + 1);
      while (count > 0 && falsePositivesPerScan(count) > rate) count--;
      return count;
    },
    interpolates: true,
  };
}
