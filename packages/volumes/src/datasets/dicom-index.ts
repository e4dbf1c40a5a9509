import { createHash, randomBytes } from "node:crypto";
import { appendFile, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { DicomSeries } from "../dicom/series.js";
import { isVolumeError, type VolumeError } from "../errors.js";
import { listDicomFolder } from "../node-dicom.js";
import { attempt } from "../node-errors.js";
import { type IndexedFolder, type IndexedSeries, type IndexHeader, indexVersion, isHeader, readIndexLines } from "./dicom-index-lines.js";
import { patientOf } from "./patient.js";
import { walkFolders } from "./walk.js";

export interface DicomIndexOptions {
  /** The file of the index, JSON Lines. */
  index: string;
  /** Aborted: the call rejects with its reason; what was read is kept for the next one. */
  signal?: AbortSignal;
  /** Called after each folder with files in it. */
  onFolder?: (progress: { folders: number; read: number; series: number }) => void;
  /** What patients' names are hashed with in a new index; random unless told. */
  salt?: string;
}

/** What a walk over a tree came to. */
export interface DicomIndexSummary {
  /** Folders with files in them. */
  folders: number;
  /** Those whose headers were read now; the others are as they were. */
  read: number;
  series: number;
  /** Images that cannot be read. */
  unreadable: number;
}

/**
 * Makes or renews the index of a folder tree of DICOM series, such as NLST's: headers are read once, and later those of folders that have changed.
 *
 * A folder has changed when a name, a size or a time of its files has. Each folder that was read goes to a journal beside the index, so that a
 * call that was killed is gone on with by the next one; the index gets its name when it is whole. Files that are not DICOM are passed over, bad
 * series and images are kept with their reason. Nothing of the patient is stored but a salted hash by which series of one patient are told.
 * Rejects with a tagged error (see `isVolumeError`) where the tree or the index cannot be read or written.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { indexDicomTree } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "tree-"));
 * const summary = await indexDicomTree(folder, { index: join(folder, "series.jsonl") });
 * await rm(folder, { recursive: true });
 * summary; // => { folders: 0, read: 0, series: 0, unreadable: 0 }
 * ```
 */
export async function indexDicomTree(root: string, options: DicomIndexOptions): Promise<DicomIndexSummary> {
  const { index, signal, onFolder } = options;
  const journal = `${index}.part`;
  const found = await readIndex(index, false);
  const part = await readIndex(journal, true);
  const header = [found?.header, part?.header].find((each) => each && (options.salt === undefined || each.salt === options.salt)) ?? {
    gleaner: "dicom-index",
    version: indexVersion,
    salt: options.salt ?? randomBytes(16).toString("hex"),
  };
  // Hashes under another salt could not be compared.
  const ofThisSalt = (read: ReadIndex | undefined) => (read?.header.salt === header.salt ? read.folders : []);
  const known = new Map([...ofThisSalt(found), ...ofThisSalt(part)].map((line) => [line.folder, line]));
  const summary: DicomIndexSummary = { folders: 0, read: 0, series: 0, unreadable: 0 };
  const lines: IndexedFolder[] = [];
  await attempt(index, async () => {
    await mkdir(dirname(index), { recursive: true });
    // What a killed call has left of a line would spoil the next one.
    await rewrite(journal, [header, ...ofThisSalt(part)]);
  });
  for await (const { folder, files } of walkFolders(root)) {
    signal?.throwIfAborted();
    const paths = files.map((name) => join(folder, name)).filter((path) => path !== index && path !== journal);
    if (paths.length === 0) continue;
    const name = relative(root, folder).split(sep).join("/");
    const state = await stateOf(paths);
    let line = known.get(name);
    if (line?.state !== state) {
      line = await readFolder(name, state, paths, header.salt);
      await attempt(journal, () => appendFile(journal, `${JSON.stringify(line)}\n`));
      summary.read++;
    }
    lines.push(line);
    summary.folders++;
    summary.series += line.series.length;
    summary.unreadable += line.unreadable.length;
    onFolder?.({ folders: summary.folders, read: summary.read, series: summary.series });
  }
  await attempt(index, async () => {
    await rewrite(index, [header, ...lines]);
    await rm(journal, { force: true });
  });
  return summary;
}

interface ReadIndex {
  header: IndexHeader;
  folders: IndexedFolder[];
}

/** An index as far as it goes; undefined where there is none, which is then made anew. */
async function readIndex(path: string, torn: boolean): Promise<ReadIndex | undefined> {
  let header: IndexHeader | undefined;
  const folders: IndexedFolder[] = [];
  try {
    for await (const line of readIndexLines(path, { torn })) {
      if (isHeader(line)) header = line;
      else folders.push(line);
    }
  } catch (error) {
    if (isVolumeError(error, "NotFound") || isVolumeError(error, "Malformed")) return undefined;
    throw error;
  }
  return header && { header, folders };
}

async function rewrite(path: string, lines: readonly (IndexHeader | IndexedFolder)[]): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, "w");
  try {
    for (let at = 0; at < lines.length; at += 1000)
      await file.writeFile(
        lines
          .slice(at, at + 1000)
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(""),
      );
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** The names, sizes and times of files, in short. */
async function stateOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; at < paths.length; at += 64) {
    const infos = await Promise.all(
      // A link that leads nowhere is a fault of that file alone.
      paths.slice(at, at + 64).map((path) => stat(path, { bigint: true }).catch(() => ({ size: -1n, mtimeNs: 0n, ctimeNs: 0n }))),
    );
    for (const [i, { size, mtimeNs, ctimeNs }] of infos.entries()) hash.update(`${paths[at + i]}\n${size}\n${mtimeNs}\n${ctimeNs}\n`);
  }
  return hash.digest("hex").slice(0, 32);
}

async function readFolder(folder: string, state: string, paths: readonly string[], salt: string): Promise<IndexedFolder> {
  const faults: VolumeError[] = [];
  const readable: string[] = [];
  const unreadable: { file: string; reason: string }[] = [];
  const nameOf = (path: string): string => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile()) readable.push(path);
    else if (!info) unreadable.push({ file: nameOf(path), reason: "it cannot be opened" });
  }
  let series: DicomSeries[] = [];
  try {
    series = await listDicomFolder(readable, { onUnreadable: (error) => faults.push(error) });
  } catch (error) {
    if (!isVolumeError(error)) throw error;
    faults.push(error);
  }
  for (const { path, message } of faults) unreadable.push({ file: nameOf(path), reason: withoutPath(message, path) });
  const alone = series.length === 1 && series[0]!.files.length === readable.length;
  const indexed: IndexedSeries[] = [];
  for (const each of series) {
    const { id, modality, slices, sizeXY, spacingMm, localizer, files, problems } = each;
    const patient = await patientOf(files[0]!, salt);
    const [problem] = problems;
    indexed.push({
      id,
      ...(modality !== undefined && { modality }),
      slices,
      sizeXY,
      ...(spacingMm && { spacingMm }),
      ...(localizer && { localizer }),
      ...(patient !== undefined && { patient }),
      ...(!alone && { files: files.map(nameOf) }),
      ...(problem && { reason: `${nameOf(problem.path)}: ${problem.message}` }),
    });
  }
  return { folder, state, series: indexed, unreadable };
}

const withoutPath = (message: string, path: string): string => (message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message);
