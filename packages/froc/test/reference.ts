import type { Finding, FrocInput } from "../src/index.js";

const on = (finding: Finding, mark: { x: number; y: number; z: number }): boolean => {
  const radius = (finding.diameterMm < 0 ? 10 : finding.diameterMm) / 2;
  return (finding.x - mark.x) ** 2 + (finding.y - mark.y) ** 2 + (finding.z - mark.z) ** 2 < radius ** 2;
};

/** The rules in as few words as possible, without a thought for speed: what the evaluator is compared with. */
export function referenceEvaluation(
  { scans, findings, excluded = [], candidates }: FrocInput,
  rule: "official" | "exact",
  cap: number,
): {
  found: number[];
  falsePositives: number[];
  nodules: number;
  ignored: number;
  duplicates: number;
  sensitivities: (rates: readonly number[]) => number[];
} {
  const found: number[] = [];
  const falsePositives: number[] = [];
  let nodules = 0;
  let ignored = 0;
  let duplicates = 0;
  for (const scan of scans) {
    const all = [...candidates].filter((mark) => mark.scan === scan);
    const sorted = all.map((mark) => mark.probability).sort((p, q) => q - p);
    const kept =
      all.length <= cap
        ? all
        : all.filter((mark) => (rule === "official" ? mark.probability > sorted[cap]! : mark.probability >= sorted[cap - 1]!));
    const left = new Set(kept);
    for (const finding of findings.filter((f) => f.scan === scan)) {
      nodules++;
      const hits = kept.filter((mark) => on(finding, mark));
      for (const mark of hits) left.delete(mark);
      if (hits.length > 0) found.push(Math.max(...hits.map((mark) => mark.probability)));
      duplicates += Math.max(0, hits.length - 1);
    }
    for (const mark of left) {
      if (excluded.some((f) => f.scan === scan && on(f, mark))) ignored++;
      else falsePositives.push(mark.probability);
    }
  }
  const total = falsePositives.length;
  const thresholds = [...new Set([...found, ...falsePositives])].sort((p, q) => q - p);
  const above = (scores: number[], threshold: number): number => scores.filter((score) => score >= threshold).length;
  const points = [Number.POSITIVE_INFINITY, ...thresholds].map((threshold) => ({
    f: above(falsePositives, threshold),
    t: above(found, threshold),
  }));
  const x = (f: number): number => (total === 0 ? 0 : ((f / total) * total) / scans.length);
  const y = (t: number): number => ((t / found.length) * found.length) / nodules;
  const sensitivity = (rate: number): number => {
    if (rule === "exact") return Math.max(...points.filter((p) => p.f <= rate * scans.length).map((p) => p.t)) / nodules;
    const before = points.findLast((p) => x(p.f) <= rate)!;
    const after = points.find((p) => x(p.f) > rate);
    if (!after) return y(before.t);
    return y(before.t) + ((y(after.t) - y(before.t)) / (x(after.f) - x(before.f))) * (rate - x(before.f));
  };
  return { found, falsePositives, nodules, ignored, duplicates, sensitivities: (rates) => rates.map(sensitivity) };
}
