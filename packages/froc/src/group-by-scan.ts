/** The rows of each scan, scans in the order in which they appear. */
export function groupByScan<T extends { scan: string }>(rows: Iterable<T>): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.scan);
    if (group) group.push(row);
    else groups.set(row.scan, [row]);
  }
  return groups;
}
