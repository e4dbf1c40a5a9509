/** What can be odd about a submission. */
export type FrocIssueCode =
  | "unknownScans"
  | "unknownFindingScans"
  | "repeatedScans"
  | "repeatedFindings"
  | "findingAlsoExcluded"
  | "overlappingFindings"
  | "findingsWithoutSize"
  | "repeatedMarks"
  | "scansWithoutMarks"
  | "marksOutsideScans"
  | "probabilityRange"
  | "swappedColumns"
  | "flippedAxes"
  | "voxelCoordinates"
  | "cappedMarks"
  | "sharedMarks";

/** Something that was noticed; a `warning` is most likely a mistake (strict evaluation refuses it), a `note` is good to know. */
export interface FrocIssue {
  code: FrocIssueCode;
  level: "warning" | "note";
  /** How many rows, scans or marks it is about. */
  count: number;
  /** One sentence with the count and an example. */
  message: string;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Collects issues; those that happened 0 times are left out. `what` goes on after the counted noun, `[is|are]` in it follows the count. */
export interface IssueList {
  note(code: FrocIssueCode, level: FrocIssue["level"], count: number, noun: string, what: string): void;
  issues: FrocIssue[];
}

export function createIssueList(): IssueList {
  const issues: FrocIssue[] = [];
  return {
    issues,
    note(code, level, count, noun, what) {
      const said = what.replace(/\[([^|\]]*)\|([^\]]*)\]/g, count === 1 ? "$1" : "$2");
      if (count > 0) issues.push({ code, level, count, message: `${plural(count, noun)} ${said}` });
    },
  };
}
