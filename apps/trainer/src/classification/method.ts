import { type ClassificationMethod, fixMatch, flexMatch, flexPseudoLabel, flexUda, pseudoLabel, supervised, uda } from "@gleaner/methods";
import type { ClassificationData } from "./data.js";
import type { ClassificationConfig } from "./schema.js";

/** The method that a configuration names, for its data. */
export function createMethod(config: ClassificationConfig, data: ClassificationData): ClassificationMethod {
  const { method, semi, training } = config;
  const { classes } = data;
  const { steps } = training;
  const { threshold, unlabeledWeight: unsupervisedWeight, temperature, hardLabels, warmUp, mapping, tsa, divergence, rampFraction } = semi;
  const alignment = semi.distributionAlignment ? { alignment: { target: frequencies(data) } } : {};
  const shared = { classes, threshold, unsupervisedWeight, ...alignment };
  const flex = { unlabeled: data.unlabeled.length, warmUp, mapping };
  const ofPl = { ...shared, steps, rampFraction };
  const ofUda = { ...shared, temperature, divergence, ...(tsa !== "none" && { tsa: { schedule: tsa, steps } }) };
  const ofFixMatch = { ...shared, temperature, hardLabels };
  switch (method) {
    case "full":
    case "supervised":
      return supervised();
    case "pl":
      return pseudoLabel(ofPl);
    case "flex-pl":
      return flexPseudoLabel({ ...ofPl, ...flex });
    case "uda":
      return uda(ofUda);
    case "flex-uda":
      return flexUda({ ...ofUda, ...flex });
    case "fixmatch":
      return fixMatch(ofFixMatch);
    case "flexmatch":
      return flexMatch({ ...ofFixMatch, ...flex });
  }
}

function frequencies({ labeled, pool, classes }: ClassificationData): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const index of labeled) counts[pool.labels[index]!]!++;
  return counts.map((count) => count / labeled.length);
}
