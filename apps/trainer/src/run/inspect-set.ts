import { type Finding, unknownScans } from "@gleaner/volumes";
import { type DataSetScan, type Luna16, volumeFiles } from "@gleaner/volumes/node";
import { explainError } from "../errors.js";

/** What `gleaner inspect` says of a data set of volumes. */
export interface SetInspection {
  layout: "LUNA16" | "folder";
  scans: number;
  /** How many scans each fold has; none of a plain folder. */
  subsets: { subset: number; scans: number }[];
  lungMasks: number;
  /** Who is known of, where patients.csv says so. */
  patients: number;
  annotations: { findings: number; scans: number };
  excluded: { findings: number; scans: number };
  /** Scans that the tables name and that are not there. */
  missing: string[];
  /** Scans of which a file is missing, or whose header cannot be read. */
  broken: { scan: string; reason: string }[];
}

/** Counts a data set and looks at the header of every scan; no voxel is read. */
export async function inspectSet(set: Luna16): Promise<SetInspection> {
  const subsets = new Map<number, number>();
  for (const { subset } of set.scans) if (subset !== undefined) subsets.set(subset, (subsets.get(subset) ?? 0) + 1);
  const broken: SetInspection["broken"] = [];
  for (const { id, path } of set.scans)
    await volumeFiles(path).catch((error: unknown) => broken.push({ scan: id, reason: explainError(error).text }));
  const named = [...(set.seriesUids ?? []).map((scan) => ({ scan })), ...set.annotations, ...set.excluded];
  return {
    layout: subsets.size > 0 || set.seriesUids ? "LUNA16" : "folder",
    scans: set.scans.length,
    subsets: [...subsets].sort(([a], [b]) => a - b).map(([subset, scans]) => ({ subset, scans })),
    lungMasks: set.scans.filter(({ lungMask }) => lungMask !== undefined).length,
    patients: new Set(set.scans.flatMap(({ patient }: DataSetScan) => patient ?? [])).size,
    annotations: countOf(set.annotations),
    excluded: countOf(set.excluded),
    missing: unknownScans(
      named,
      set.scans.map(({ id }) => id),
    ),
    broken,
  };
}

const countOf = (findings: readonly Finding[]): { findings: number; scans: number } => ({
  findings: findings.length,
  scans: new Set(findings.map(({ scan }) => scan)).size,
});
