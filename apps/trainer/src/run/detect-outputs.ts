import { existsSync, rmSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import {
  type Candidate,
  createDicomUid,
  type DicomObjectOptions,
  type Finding,
  formatDicomSeg,
  formatDicomSr,
  labelMapOfDetections,
  type ScanReference,
  type Volume,
} from "@gleaner/volumes";
import { readVolume, writeVolume } from "@gleaner/volumes/node";
import { inputError } from "../errors.js";
import { checkOutput, writeWhole } from "./run-folder.js";
import type { Mark } from "./trained-detector.js";

// A file a scan and kind, named by the scan's id.
const endings = { labels: ".nii.gz", sr: ".dcm", seg: ".dcm" } as const;

/** What is written of each scan besides the row of its marks: a label map, a structured report, a segmentation. */
export type OutputKind = keyof typeof endings;
export const outputKinds = ["labels", "sr", "seg"] as const satisfies OutputKind[];

/** The folders of what was asked for. */
export type OutputFolders = Partial<Record<OutputKind, string>>;

/** The files of one scan; null where there was nothing to write, as a segmentation needs a voxel. */
export type OutputFiles = Partial<Record<OutputKind, string | null>>;

interface NamedScan {
  id: string;
  path: string;
}

export const outputPath = (folders: OutputFolders, kind: OutputKind, id: string): string => join(folders[kind]!, `${id}${endings[kind]}`);

const asked = (folders: OutputFolders): OutputKind[] => outputKinds.filter((kind) => folders[kind] !== undefined);

/** A mark as a sphere: the diameter is the geometric mean of its box's edges, so that the cube around the sphere has the box's volume. */
export const detectionsOf = (scan: string, marks: readonly Mark[]): (Candidate & Finding)[] =>
  marks.map(({ x, y, z, probability, sizeMm: [depth, height, width] }) => ({
    scan,
    x,
    y,
    z,
    probability,
    diameterMm: Math.cbrt(depth * height * width),
  }));

/** Throws unless every file has a place of its own, outside of the scans, and the scans are such that they can be referred to. */
export function checkOutputs(folders: OutputFolders, scans: readonly NamedScan[], out: string): void {
  const { sr, seg } = folders;
  if (sr !== undefined && seg !== undefined && resolve(sr) === resolve(seg))
    throw inputError(`--sr and --seg are both ${sr}; expected two folders, as both name their files by the scan`);
  const sources = new Map(scans.map(({ path }) => [resolve(path), path]));
  const refuseSource = (path: string): void => {
    if (sources.has(resolve(path))) throw inputError(`${path} is one of the scans; expected another place to write to`);
  };
  refuseSource(out);
  for (const kind of asked(folders)) {
    const folder = folders[kind]!;
    if (existsSync(folder) && !statSync(folder).isDirectory()) throw inputError(`--${kind} is ${folder}, a file; expected a folder`);
    for (const { id, path } of scans) {
      const series = statSync(path).isDirectory();
      if (kind !== "labels" && !series)
        throw inputError(`${path} is a file, and --${kind} refers to slices; expected the folder of a DICOM series`);
      if (series && isInside(folder, path))
        throw inputError(`--${kind} is ${folder}, in the folder of the scan ${path}; expected a folder outside of the scans`);
      const file = outputPath(folders, kind, id);
      refuseSource(file);
      if (resolve(file) === resolve(out)) throw inputError(`--out is ${out}, where --${kind} writes too; expected another name`);
      checkOutput(file);
    }
  }
}

const isInside = (path: string, folder: string): boolean => {
  const way = relative(resolve(folder), resolve(path));
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

export interface WriteOutputs {
  folders: OutputFolders;
  /** Marks from this probability on are written. */
  at: number;
  /** What the objects name as their maker. */
  version: string;
  /** Of scans that objects for a PACS are written of. */
  reference: ScanReference | undefined;
}

/** Writes what was asked for of one scan, its marks from the best one on; a finding has the same number in all of it. */
export async function writeOutputs({ id, path }: NamedScan, marks: readonly Mark[], options: WriteOutputs): Promise<OutputFiles> {
  const { folders, at, version, reference } = options;
  const detections = detectionsOf(id, marks).filter(({ probability }) => probability >= at);
  const written: OutputFiles = {};
  const fileOf = (kind: OutputKind): string => (written[kind] = outputPath(folders, kind, id));
  const objectOptions: DicomObjectOptions = {
    newUid: () => createDicomUid(cryptoRandom),
    date: new Date(),
    device: { model: "gleaner detect", version },
    seriesDescription: `Gleaner: marks of probability ${at} and above`,
  };
  if (folders.labels !== undefined || folders.seg !== undefined) {
    const map = labelMapOfDetections(await readVolume(path), detections);
    if (folders.labels !== undefined) await writeVolume(fileOf("labels"), map);
    if (folders.seg !== undefined) {
      const segments = segmentsOf(map, detections.length, path);
      if (segments.length > 0) writeWhole(fileOf("seg"), await formatDicomSeg(segments, reference!, objectOptions));
      else {
        // What a former call found would be taken for this one's.
        rmSync(outputPath(folders, "seg", id), { force: true });
        written.seg = null;
      }
    }
  }
  if (folders.sr !== undefined) writeWhole(fileOf("sr"), await formatDicomSr(detections, reference!, objectOptions));
  return written;
}

const cryptoRandom = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;

/** A segmentation takes one mask of the whole scan for each segment. */
const maxMaskBytes = 2 ** 32;

/** The labels of a map that have a voxel, one mask each. */
function segmentsOf(map: Volume<Uint8Array | Uint16Array>, labels: number, path: string): { mask: Volume<Uint8Array>; label: string }[] {
  if (labels * map.data.length > maxMaskBytes)
    throw inputError(
      `${path} has ${labels} marks on ${map.data.length} voxels, and --seg takes ${maxMaskBytes / 2 ** 30} GiB at most; expected a higher --at`,
    );
  const present = new Set<number>(map.data);
  return Array.from({ length: labels }, (_, i) => i + 1)
    .filter((label) => present.has(label))
    .map((label) => ({
      label: `Finding ${label}`,
      mask: { ...map, data: Uint8Array.from(map.data, (value) => (value === label ? 1 : 0)) },
    }));
}
