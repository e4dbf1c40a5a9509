import type { Inspected } from "./inspect-path.js";

type Row = [string, string];

/** Rows of a name and what is said of it, for a terminal. */
export function formatRows(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

const round = (value: number): string => String(Number(value.toPrecision(4)));
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
/** As many of a list as a person wants to see. */
const shownLimit = 20;

/** The series of a folder, one after another with what is wrong with it. */
export function formatSeries(path: string, { series, unreadable }: Extract<Inspected, { kind: "series" }>): string {
  const rows = series.flatMap(({ id, description, modality, slices, sizeXY, spacingMm, localizer, files, problems }): Row[] => {
    const facts = [
      modality ?? "no modality",
      ...(description === undefined ? [] : [description]),
      `${plural(slices, "slice")} of ${sizeXY.join(" x ")} in ${plural(files, "file")}`,
      ...(spacingMm ? [`spacing (z, y, x) ${spacingMm.map(round).join(" x ")} mm`] : []),
      ...(localizer ? ["a scout view"] : []),
    ];
    return [[id || "(no uid)", facts.join(", ")], ...problems.map((problem): Row => ["  not a volume", problem])];
  });
  const faults = unreadable.map(({ file, reason }): Row => ["cannot be read", `${file}: ${reason}`]);
  const more: Row[] = faults.length > shownLimit ? [["", `and ${faults.length - shownLimit} more`]] : [];
  return formatRows([["folder", `${path}: ${series.length} series`], ...rows, ...faults.slice(0, shownLimit), ...more]);
}

/** A data set of volumes. */
export function formatSet(path: string, { set }: Extract<Inspected, { kind: "set" }>): string {
  const { layout, scans, subsets, lungMasks, patients, annotations, excluded, missing, broken } = set;
  const of = ({ findings, scans: inScans }: typeof annotations): string => `${plural(findings, "finding")} in ${plural(inScans, "scan")}`;
  const some = (names: readonly string[]): string =>
    `${names.slice(0, shownLimit).join(", ")}${names.length > shownLimit ? ` and ${names.length - shownLimit} more` : ""}`;
  return formatRows([
    ["data set", path],
    ["layout", layout === "LUNA16" ? "LUNA16" : "a folder of volumes"],
    ["scans", String(scans)],
    ...(subsets.length > 0 ? [["subsets", subsets.map(({ subset, scans: n }) => `${subset}: ${n}`).join(", ")] as Row] : []),
    ...(lungMasks > 0 ? [["masks of the lungs", String(lungMasks)] as Row] : []),
    ...(patients > 0 ? [["patients", String(patients)] as Row] : []),
    ["annotations", of(annotations)],
    ["excluded", of(excluded)],
    ...(missing.length > 0 ? [["not there", `${plural(missing.length, "scan")} that the tables name: ${some(missing)}`] as Row] : []),
    ...broken.slice(0, shownLimit).map(({ scan, reason }): Row => ["broken", `${scan}: ${reason}`]),
    ...(broken.length > shownLimit ? [["", `and ${broken.length - shownLimit} more`] as Row] : []),
  ]);
}
