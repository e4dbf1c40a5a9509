import { type Finding, worldToVoxel } from "@gleaner/volumes";
import { inputError } from "../errors.js";
import type { DataSplit } from "./data-split.js";
import type { ScanStore } from "./prepared-scans.js";

/** The nodules of the labeled scans that lie inside the scans as the network sees them, and a note on those that do not. */
export async function nodulesInside(split: DataSplit, store: ScanStore): Promise<{ findings: Finding[]; notes: string[] }> {
  const findings: Finding[] = [];
  const outside: Finding[] = [];
  for (const scan of split.labeled) {
    const { grid } = await store.open(scan);
    for (const finding of split.findings.filter((each) => each.scan === scan.id)) {
      const voxel = worldToVoxel(grid, [finding.x, finding.y, finding.z]);
      const isInside = voxel.every((c, axis) => c >= -0.5 && c <= grid.shape[axis]! - 0.5);
      (isInside ? findings : outside).push(finding);
    }
  }
  const [first] = outside;
  if (!first) return { findings, notes: [] };
  const which = `such as the one at ${first.x}, ${first.y}, ${first.z} mm of ${first.scan}`;
  if (findings.length === 0) {
    throw inputError(
      `${split.annotations}: every nodule lies outside of its scan, ${which}; expected world coordinates in mm along LPS (x, y, z), as in LUNA16`,
    );
  }
  const all = outside.length + findings.length;
  return {
    findings,
    notes: [`${outside.length} of ${all} nodules lie outside of the scans (or of the box around the lungs) and are left out, ${which}`],
  };
}
