import { parse } from "csv-parse/browser/esm/sync";
import type { Finding } from "./boxes.js";
import { volumeError } from "./errors.js";

/** A mark of a detector, or a place to look at, as LUNA16 lists them: world coordinates in mm and how sure the detector is. */
export interface Candidate {
  scan: string;
  x: number;
  y: number;
  z: number;
  probability: number;
}

const findingColumns = ["seriesuid", "coordX", "coordY", "coordZ", "diameter_mm"] as const;
const candidateColumns = ["seriesuid", "coordX", "coordY", "coordZ", "probability"] as const;
const detectionColumns = [...candidateColumns, "diameter_mm"] as const;

/**
 * The findings in a CSV of LUNA16's columns: annotations.csv (the nodules) or annotations_excluded.csv (irrelevant findings, diameter -1 where unknown).
 *
 * Columns go by their names, in any order, and further ones are ignored. Throws a Malformed error (see `isVolumeError`)
 * that names the line where a column is missing or a value is no number; `path` is the file's name in it.
 *
 * @example
 * ```ts
 * import { parseFindings } from "@gleaner/volumes";
 *
 * const csv = "seriesuid,coordX,coordY,coordZ,diameter_mm\n1.3.6.1,-57.4,131.2,-520.4,15.5\n";
 * parseFindings(csv); // => [{ scan: "1.3.6.1", x: -57.4, y: 131.2, z: -520.4, diameterMm: 15.5 }]
 * ```
 */
export function parseFindings(csv: string, path = "annotations.csv"): Finding[] {
  return parseRows(csv, path, findingColumns).map(({ scan, numbers: [x, y, z, diameterMm] }) => ({ scan, x, y, z, diameterMm }));
}

/**
 * Findings as a CSV of LUNA16's columns; numbers keep all their digits.
 *
 * @example
 * ```ts
 * import { formatFindings } from "@gleaner/volumes";
 *
 * formatFindings([{ scan: "a", x: -57.4, y: 131.2, z: -520.4, diameterMm: -1 }]); // => "seriesuid,coordX,coordY,coordZ,diameter_mm\na,-57.4,131.2,-520.4,-1\n"
 * ```
 */
export function formatFindings(findings: readonly Finding[]): string {
  return formatRows(
    findingColumns,
    findings.map(({ scan, x, y, z, diameterMm }) => [scan, x, y, z, diameterMm]),
  );
}

/**
 * The candidates in a CSV of LUNA16's submission columns: seriesuid, coordX, coordY, coordZ, probability. Errors are as in `parseFindings`.
 *
 * @example
 * ```ts
 * import { parseCandidates } from "@gleaner/volumes";
 *
 * parseCandidates("seriesuid,coordX,coordY,coordZ,probability\na,1,2,3,0.9\n"); // => [{ scan: "a", x: 1, y: 2, z: 3, probability: 0.9 }]
 * ```
 */
export function parseCandidates(csv: string, path = "candidates.csv"): Candidate[] {
  return parseRows(csv, path, candidateColumns).map(({ scan, numbers: [x, y, z, probability] }) => ({ scan, x, y, z, probability }));
}

/**
 * Candidates as a CSV of LUNA16's submission columns; numbers keep all their digits.
 *
 * @example
 * ```ts
 * import { formatCandidates } from "@gleaner/volumes";
 *
 * formatCandidates([{ scan: "a", x: 1, y: 2, z: 3, probability: 0.9 }]); // => "seriesuid,coordX,coordY,coordZ,probability\na,1,2,3,0.9\n"
 * ```
 */
export function formatCandidates(candidates: readonly Candidate[]): string {
  return formatRows(
    candidateColumns,
    candidates.map(({ scan, x, y, z, probability }) => [scan, x, y, z, probability]),
  );
}

/**
 * Detections as a CSV of LUNA16's submission columns with their diameters as one more, diameter_mm; numbers keep all their digits.
 *
 * `parseCandidates` reads it as a submission, and `parseFindings` as findings with their diameters: each takes its own columns.
 *
 * @example
 * ```ts
 * import { formatDetections, parseCandidates, parseFindings } from "@gleaner/volumes";
 *
 * const csv = formatDetections([{ scan: "a", x: 1, y: 2, z: 3, probability: 0.9, diameterMm: 6.5 }]);
 * csv; // => "seriesuid,coordX,coordY,coordZ,probability,diameter_mm\na,1,2,3,0.9,6.5\n"
 * parseCandidates(csv)[0]?.probability; // => 0.9
 * parseFindings(csv)[0]?.diameterMm; // => 6.5
 * ```
 */
export function formatDetections(detections: readonly (Candidate & Finding)[]): string {
  return formatRows(
    detectionColumns,
    detections.map(({ scan, x, y, z, probability, diameterMm }) => [scan, x, y, z, probability, diameterMm]),
  );
}

/**
 * The scans of a seriesuids.csv: the first field of each line, without a header, in any line ending. A header `seriesuid` is passed over.
 *
 * @example
 * ```ts
 * import { parseSeriesUids } from "@gleaner/volumes";
 *
 * parseSeriesUids("1.3.6.1\r\n1.3.6.2\r\n"); // => ["1.3.6.1", "1.3.6.2"]
 * ```
 */
export function parseSeriesUids(csv: string, path = "seriesuids.csv"): string[] {
  const uids = records(csv, path).map(({ record }) => record[0]!);
  return uids[0]?.toLowerCase() === "seriesuid" ? uids.slice(1) : uids;
}

/**
 * A seriesuids.csv: one scan a line, without a header.
 *
 * @example
 * ```ts
 * import { formatSeriesUids } from "@gleaner/volumes";
 *
 * formatSeriesUids(["1.3.6.1", "1.3.6.2"]); // => "1.3.6.1\n1.3.6.2\n"
 * ```
 */
export function formatSeriesUids(scans: readonly string[]): string {
  return scans.map((scan) => `${quoted(scan)}\n`).join("");
}

/** The patients of scans in a CSV with the columns seriesuid and patient, by the scans' ids. Throws Malformed where a column or a name is missing. */
export function parsePatients(csv: string, path: string): Map<string, string> {
  const [header, ...rows] = records(csv, path);
  const names = (header?.record ?? []).map((name) => name.toLowerCase());
  const [scan, patient] = ["seriesuid", "patient"].map((column) => names.indexOf(column)) as [number, number];
  if (scan < 0 || patient < 0)
    throw volumeError(
      "Malformed",
      path,
      `its header is ${JSON.stringify(header?.record.join(",").slice(0, 100) ?? "")}, expected the columns seriesuid,patient`,
    );
  return new Map(
    rows.map(({ record, line }) => {
      const [id, who] = [record[scan]!, record[patient]!];
      if (!id || !who) throw volumeError("Malformed", path, `line ${line} has no ${id ? "patient" : "seriesuid"}`);
      return [id, who];
    }),
  );
}

/** Whether the first line of a text has the columns of findings. */
export function hasFindingColumns(head: string): boolean {
  const [line = ""] = head.replace(/^\ufeff/, "").split(/\r?\n/, 1);
  const names = line.split(",").map((name) => name.trim().replace(/^"|"$/g, "").toLowerCase());
  return findingColumns.every((column) => names.includes(column.toLowerCase()));
}

/**
 * The scans that rows name and a list does not hold, each once, in the order of the rows. Whether that is an error is the caller's decision:
 * LUNA16's own files name 888 scans where a folder may hold a tenth of them.
 *
 * @example
 * ```ts
 * import { unknownScans } from "@gleaner/volumes";
 *
 * unknownScans([{ scan: "a" }, { scan: "b" }, { scan: "b" }], ["a", "c"]); // => ["b"]
 * ```
 */
export function unknownScans(rows: readonly { readonly scan: string }[], scans: readonly string[]): string[] {
  const known = new Set(scans);
  return [...new Set(rows.map(({ scan }) => scan).filter((scan) => !known.has(scan)))];
}

interface Row {
  scan: string;
  numbers: [number, number, number, number];
}

function parseRows(csv: string, path: string, columns: readonly string[]): Row[] {
  const [header, ...rows] = records(csv, path);
  const names = (header?.record ?? []).map((name) => name.toLowerCase());
  const places = columns.map((column) => names.indexOf(column.toLowerCase()));
  const missing = columns.filter((_, i) => places[i] === -1);
  if (missing.length > 0) {
    throw volumeError(
      "Malformed",
      path,
      `its header is ${JSON.stringify(header?.record.join(",").slice(0, 100) ?? "")}, expected the columns ${columns.join(",")}`,
    );
  }
  return rows.map(({ record, line }) => {
    const [scan, ...fields] = places.map((place) => record[place]!);
    if (!scan) throw volumeError("Malformed", path, `line ${line} has no ${columns[0]}`);
    const numbers = fields.map((field, i) => {
      const value = field === "" ? Number.NaN : Number(field);
      if (!Number.isFinite(value))
        throw volumeError(
          "Malformed",
          path,
          `line ${line} has ${JSON.stringify(field.slice(0, 40))} as ${columns[i + 1]}, expected a number`,
        );
      return value;
    });
    return { scan, numbers: numbers as Row["numbers"] };
  });
}

function records(csv: string, path: string): { record: string[]; line: number }[] {
  try {
    const rows = parse(csv, { bom: true, trim: true, skip_empty_lines: true, info: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return rows.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (cause) {
    throw volumeError("Malformed", path, `it is no CSV: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const formatRows = (columns: readonly string[], rows: (string | number)[][]): string =>
  [columns, ...rows].map((row) => `${row.map((field) => (typeof field === "string" ? quoted(field) : field)).join(",")}\n`).join("");

const quoted = (field: string): string => (/[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
