import { type CsvRow, type CsvSplitter, createCsvSplitter } from "./csv-rows.js";
import { fileError } from "./file-error.js";
import { createIdTable } from "./id-table.js";
import { parseDecimal } from "./parse-decimal.js";
import type { Candidate, Finding } from "./types.js";

/** A finding with all columns of its row, so that results can be stratified by any of them. */
export interface TabledFinding extends Finding {
  columns: Record<string, string>;
}

/** Takes one mark of a table. `diameterMm` is NaN where the table has no such column. */
export type MarkSink = (scan: string, x: number, y: number, z: number, probability: number, diameterMm: number) => void;

const columnsOfMarks = ["seriesuid", "coordX", "coordY", "coordZ"] as const;

const fieldOf = (decode: { decode(bytes: Uint8Array): string }, { bytes, starts, ends }: CsvRow, i: number): string =>
  decode.decode(bytes.subarray(starts[i], ends[i])).trim();

/** Places of columns by their names in the header, whatever their case. */
function placesOf(header: string[], wanted: readonly string[], path: string): number[] {
  const known = header.map((name) => name.toLowerCase());
  return wanted.map((name) => {
    const place = known.indexOf(name.toLowerCase());
    if (place < 0) throw fileError("MissingColumn", path, `the column ${name} is missing; the header is ${header.join(",")}`, { line: 1 });
    return place;
  });
}

function numberAt(row: CsvRow, place: number, name: string, path: string): number {
  const value = place < row.size ? parseDecimal(row.bytes, row.starts[place]!, row.ends[place]!) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const found = place < row.size ? JSON.stringify(fieldOf(new TextDecoder(), row, place)) : "missing";
  throw fileError("Malformed", path, `${name} is ${found}; expected a number`, { line: row.line });
}

/**
 * Reads marks from bytes of a CSV file that come in pieces, as from a stream: header with seriesuid, coordX, coordY, coordZ, probability (in any
 * order, other columns are passed over; diameter_mm is read if it is there). `add` is called once a row.
 *
 * @throws FrocFileError for a missing column and for a field that is no number, with its line.
 *
 * @example
 * ```ts
 * import { createMarkReader } from "@gleaner/froc";
 *
 * const marks: unknown[] = [];
 * const reader = createMarkReader((scan, x, y, z, probability) => marks.push([scan, x, y, z, probability]));
 * reader.push(new TextEncoder().encode("seriesuid,coordX,coordY,coordZ,probability\na,1,2.5,-3,0."));
 * reader.push(new TextEncoder().encode("75\n"));
 * reader.end();
 * marks; // => [["a", 1, 2.5, -3, 0.75]]
 * ```
 */
export function createMarkReader(add: MarkSink, path = "candidates"): CsvSplitter {
  const idOf = createIdTable();
  let places: number[] | undefined;
  const splitter = createCsvSplitter(path, (row) => {
    if (places === undefined) {
      const decode = new TextDecoder();
      const header = Array.from({ length: row.size }, (_, i) => fieldOf(decode, row, i));
      places = placesOf(header, [...columnsOfMarks, "probability"], path);
      places.push(header.findIndex((name) => name.toLowerCase() === "diameter_mm"));
      return;
    }
    const [id, x, y, z, probability, diameter] = places as [number, number, number, number, number, number];
    if (id >= row.size) throw fileError("Malformed", path, "seriesuid is missing; expected an identifier", { line: row.line });
    add(
      idOf(row.bytes, row.starts[id]!, row.ends[id]!),
      numberAt(row, x, "coordX", path),
      numberAt(row, y, "coordY", path),
      numberAt(row, z, "coordZ", path),
      numberAt(row, probability, "probability", path),
      diameter < 0 ? Number.NaN : numberAt(row, diameter, "diameter_mm", path),
    );
  });
  return {
    push: splitter.push,
    end() {
      splitter.end();
      if (places === undefined) throw fileError("MissingColumn", path, "the file is empty; expected a header");
    },
  };
}

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === "string" ? new TextEncoder().encode(text) : text);

/**
 * Reads findings from the text of a CSV file: header with seriesuid, coordX, coordY, coordZ, diameter_mm in any order; every column is kept in
 * `columns`.
 *
 * @throws FrocFileError for a missing column and for a field that is no number, with its line.
 *
 * @example
 * ```ts
 * import { parseFindings } from "@gleaner/froc";
 *
 * const [finding] = parseFindings("seriesuid,coordX,coordY,coordZ,diameter_mm,texture\na,1,2,-3,6.5,solid\n");
 * [finding.x, finding.diameterMm, finding.columns.texture]; // => [1, 6.5, "solid"]
 * ```
 */
export function parseFindings(text: string | Uint8Array, path = "annotations"): TabledFinding[] {
  const findings: TabledFinding[] = [];
  const decode = new TextDecoder();
  const idOf = createIdTable();
  let header: string[] | undefined;
  let places: number[] = [];
  const splitter = createCsvSplitter(path, (row) => {
    if (header === undefined) {
      header = Array.from({ length: row.size }, (_, i) => fieldOf(decode, row, i));
      places = placesOf(header, [...columnsOfMarks, "diameter_mm"], path);
      return;
    }
    const [id, x, y, z, diameter] = places as [number, number, number, number, number];
    if (id >= row.size) throw fileError("Malformed", path, "seriesuid is missing; expected an identifier", { line: row.line });
    findings.push({
      scan: idOf(row.bytes, row.starts[id]!, row.ends[id]!),
      x: numberAt(row, x, "coordX", path),
      y: numberAt(row, y, "coordY", path),
      z: numberAt(row, z, "coordZ", path),
      diameterMm: numberAt(row, diameter, "diameter_mm", path),
      columns: Object.fromEntries(header.map((name, i) => [name, i < row.size ? fieldOf(decode, row, i) : ""])),
    });
  });
  splitter.push(bytesOf(text));
  splitter.end();
  if (header === undefined) throw fileError("MissingColumn", path, "the file is empty; expected a header");
  return findings;
}

/**
 * Reads the list of scans: the first field of each line. LUNA16's seriesuids.csv has no header; a first line that says `seriesuid` is passed over.
 *
 * @example
 * ```ts
 * import { parseScans } from "@gleaner/froc";
 *
 * parseScans("scan-1\r\nscan-2\r\n"); // => ["scan-1", "scan-2"]
 * ```
 */
export function parseScans(text: string | Uint8Array, path = "scans"): string[] {
  const scans: string[] = [];
  const decode = new TextDecoder();
  const splitter = createCsvSplitter(path, (row) => {
    const id = fieldOf(decode, row, 0);
    if (id !== "" && !(row.line === 1 && id.toLowerCase() === "seriesuid")) scans.push(id);
  });
  splitter.push(bytesOf(text));
  splitter.end();
  return scans;
}

/**
 * Reads marks from the text of a CSV file; for files that do not fit into memory see `createMarkReader`.
 *
 * @throws FrocFileError for a missing column and for a field that is no number, with its line.
 *
 * @example
 * ```ts
 * import { parseCandidates } from "@gleaner/froc";
 *
 * parseCandidates("seriesuid,coordX,coordY,coordZ,probability\na,1,2,-3,0.5\n"); // => [{ scan: "a", x: 1, y: 2, z: -3, probability: 0.5 }]
 * ```
 */
export function parseCandidates(text: string | Uint8Array, path = "candidates"): Candidate[] {
  const candidates: Candidate[] = [];
  const reader = createMarkReader((scan, x, y, z, probability, diameterMm) => {
    candidates.push({ scan, x, y, z, probability, ...(Number.isNaN(diameterMm) ? {} : { diameterMm }) });
  }, path);
  reader.push(bytesOf(text));
  reader.end();
  return candidates;
}
