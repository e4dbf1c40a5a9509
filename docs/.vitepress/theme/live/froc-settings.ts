import type { FrocOptions } from "@gleaner/froc";
import { linkedChoice, linkedFlag, linkedInteger, linkedNumber } from "./linked-state.js";

export const ruleOptions = [
  { value: "official", text: "official: the LUNA16 script" },
  { value: "exact", text: "exact: whole false positives, no cap" },
] as const;

export const capOptions = [
  { value: "25", text: "25 marks a scan" },
  { value: "50", text: "50 marks a scan" },
  { value: "100", text: "100 marks a scan, as LUNA16" },
  { value: "300", text: "300 marks a scan" },
  { value: "none", text: "none" },
] as const;

export const orderOptions = [
  { value: "listed", text: "as listed" },
  { value: "missed", text: "most missed findings first" },
  { value: "falsePositives", text: "most false positives first" },
] as const;

/** Scans that are drawn at a time. */
export const scansOnPage = 20;

/** The preset: at 0.6 the large nodules are found, and the excluded findings matter. */
export const frocSchema = {
  threshold: linkedNumber(0.6, -1e9, 1e9),
  rule: linkedChoice(
    "official",
    ruleOptions.map(({ value }) => value),
  ),
  cap: linkedChoice(
    "100",
    capOptions.map(({ value }) => value),
  ),
  exclusions: linkedFlag(true),
  order: linkedChoice(
    "listed",
    orderOptions.map(({ value }) => value),
  ),
  page: linkedInteger(1, 1, 1e5),
};

/** How a submission is to be counted. */
export interface FrocSettings {
  rule: "official" | "exact";
  /** Of the official rule; the exact one has none. */
  cap: string;
  exclusions: boolean;
}

export const capOf = (cap: string): number => (cap === "none" ? Number.POSITIVE_INFINITY : Number(cap));

export const optionsOf = ({ rule, cap }: FrocSettings): FrocOptions =>
  rule === "exact" ? { rule } : { rule, maxCandidatesPerScan: capOf(cap) };
