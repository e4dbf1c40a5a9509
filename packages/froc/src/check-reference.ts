import { groupByScan } from "./group-by-scan.js";
import { createIssueList, type FrocIssue } from "./issues.js";
import type { Finding, FrocInput } from "./types.js";

const placeOf = ({ scan, x, y, z }: Finding): string => `${scan} (${x}, ${y}, ${z})`;
const radiusOf = (finding: Finding): number => (finding.diameterMm < 0 ? 10 : finding.diameterMm) / 2;
const distance = (a: Finding, b: Finding): number => Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);

/** Items of a list that came before, by their key. */
const repeats = <T>(items: readonly T[], keyOf: (item: T) => string): T[] => {
  const seen = new Set<string>();
  return items.filter((item) => seen.size === seen.add(keyOf(item)).size);
};

/** What is odd about the list of scans and the findings, without a look at the marks. */
export function checkReference({ scans, findings, excluded = [] }: Omit<FrocInput, "candidates">): FrocIssue[] {
  const { issues, note } = createIssueList();
  const known = new Set(scans);
  const repeatedScans = repeats(scans, (id) => id);
  note(
    "repeatedScans",
    "warning",
    repeatedScans.length,
    "line",
    `of the list of scans [repeats|repeat] a scan, for example ${repeatedScans[0]}; officially it counts twice`,
  );
  const strangers = findings.filter((finding) => !known.has(finding.scan));
  const matchNone = strangers.length === findings.length;
  note(
    "unknownFindingScans",
    matchNone ? "warning" : "note",
    strangers.length,
    "finding",
    `[is|are] on a scan that is not listed and [does|do] not count, for example on ${strangers[0]?.scan}`,
  );
  const listed = findings.filter((finding) => known.has(finding.scan));
  const repeated = repeats(listed, placeOf);
  note(
    "repeatedFindings",
    "warning",
    repeated.length,
    "finding",
    `[repeats|repeat] another one at the same place, for example ${repeated[0] && placeOf(repeated[0])}`,
  );
  const included = new Set(listed.map(placeOf));
  const both = excluded.filter((finding) => included.has(placeOf(finding)));
  note(
    "findingAlsoExcluded",
    "warning",
    both.length,
    "finding",
    `[is|are] excluded as well, for example ${both[0] && placeOf(both[0])}; a mark there is a true positive`,
  );
  const sizeless = listed.filter((finding) => !(finding.diameterMm > 0));
  note(
    "findingsWithoutSize",
    "warning",
    sizeless.length,
    "finding",
    `[has|have] no diameter above 0, for example ${sizeless[0] && placeOf(sizeless[0])} with ${sizeless[0]?.diameterMm} mm; below 0 counts as 10 mm, 0 cannot be found`,
  );
  const perScan = groupByScan(listed);
  const overlapping = [...perScan.values()].flatMap((group) =>
    group.filter((finding, i) =>
      group
        .slice(0, i)
        .some((other) => placeOf(finding) !== placeOf(other) && distance(finding, other) < radiusOf(finding) + radiusOf(other)),
    ),
  );
  note(
    "overlappingFindings",
    "note",
    overlapping.length,
    "finding",
    `[overlaps|overlap] another one, for example ${overlapping[0] && placeOf(overlapping[0])}; one mark can find both`,
  );
  return issues;
}
