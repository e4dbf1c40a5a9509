import type { Triple } from "../volume.js";
import type { DicomFinding, FrameFacts } from "./image.js";
import { compare, type DicomProblem, nameOf, type Slice, type Stack, stackOf } from "./stack.js";

/** A series of DICOM images, or a stack in it where its images have several sizes or orientations. Nothing here tells who the patient is. */
export interface DicomSeries {
  /** What the option `series` takes: the SeriesInstanceUID, followed by #1, #2 … where that holds several stacks. */
  readonly id: string;
  /** SeriesInstanceUID. */
  readonly uid: string;
  /** SeriesDescription, where there is one: a name that a technician chose, such as "LUNG 1.25 mm". */
  readonly description?: string;
  /** Such as CT; missing where the files do not say. */
  readonly modality?: string;
  /** Images at different places; frames count one by one. */
  readonly slices: number;
  /** Columns and rows. */
  readonly sizeXY: readonly [number, number];
  /** `[z, y, x]` in mm, where the images say where they lie; z is the mean step. */
  readonly spacingMm?: Readonly<Triple>;
  /** Whether these are scout views. */
  readonly localizer: boolean;
  /** The files, in the order of their slices. */
  readonly files: readonly string[];
  /** What a volume of it would be refused for; none where it is one. */
  readonly problems: readonly DicomProblem[];
}

/** A series with what is needed to read it. */
export interface FoundSeries {
  readonly facts: DicomSeries;
  readonly slices: readonly Slice[];
  /** Undefined where the images do not say where they lie. */
  readonly stack: Stack | undefined;
}

/** Axes that differ by less point the same way: 0.25 mm at the far edge of an image of 250 mm. */
const sameAxis = 1e-3;

/** A uid with more stacks than this is no series of anything; the rest is not told apart, so that looking for its stack stays quick. */
const stackLimit = 256;

/** Sorts what was found in some files into series and stacks, in the order of uids and then of sizes of stacks, largest first. */
export function seriesOf(findings: readonly DicomFinding[]): FoundSeries[] {
  const byUid = new Map<string, Slice[][]>();
  for (const finding of findings) {
    if (finding.kind !== "image") continue;
    const { image } = finding;
    const stacks = byUid.get(image.series) ?? [];
    byUid.set(image.series, stacks);
    for (const frame of image.frames) {
      const slice = { image, frame };
      const stack = stacks.find(([first]) => together(first!, slice)) ?? (stacks.length < stackLimit ? undefined : stacks.at(-1));
      if (stack) stack.push(slice);
      else stacks.push([slice]);
    }
  }
  const faults = findings.filter((finding) => finding.kind === "fault");
  return [...byUid]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([uid, stacks]) => {
      const unread = faults
        .filter(({ series }) => series === uid)
        .map(({ error: { tag, path, message } }) => ({ tag, path, message: message.replace(`${path}: `, "") }));
      const sorted = [...stacks].sort((a, b) => b.length - a.length || compare(nameOf(a[0]!), nameOf(b[0]!)));
      return sorted.map((slices, i) => foundSeries(uid, stacks.length > 1 ? `${uid}#${i + 1}` : uid, slices, unread));
    });
}

function foundSeries(uid: string, id: string, slices: readonly Slice[], unread: readonly DicomProblem[]): FoundSeries {
  const [{ image, frame }] = slices as [Slice];
  const stack = frame.position ? stackOf(slices) : undefined;
  const files = new Set((stack?.places.flat() ?? slices).map((slice) => slice.image.source.path));
  const missing: DicomProblem = {
    tag: "Malformed",
    path: nameOf(slices[0]!),
    message: "it does not say where it lies (ImagePositionPatient)",
  };
  const facts: DicomSeries = {
    id,
    uid,
    ...(image.description !== undefined && { description: image.description }),
    ...(image.modality !== undefined && { modality: image.modality }),
    slices: stack?.places.length ?? slices.length,
    sizeXY: [image.columns, image.rows],
    ...(stack && { spacingMm: stack.grid.spacingMm }),
    localizer: image.localizer,
    files: [...files],
    problems: [...unread, ...(stack?.problems ?? [missing])],
  };
  return { facts, slices, stack };
}

/** Whether two slices belong into one stack. */
function together(a: Slice, b: Slice): boolean {
  const sameSize = a.image.rows === b.image.rows && a.image.columns === b.image.columns;
  const sameKind = a.image.localizer === b.image.localizer && (a.frame.position === undefined) === (b.frame.position === undefined);
  return sameSize && sameKind && a.image.frameOfReference === b.image.frameOfReference && sameLattice(a.frame, b.frame);
}

function sameLattice(a: FrameFacts, b: FrameFacts): boolean {
  const near = (x: readonly number[], y: readonly number[], most: number): boolean => x.every((v, i) => Math.abs(v - y[i]!) < most);
  return (
    near(a.rowAxis, b.rowAxis, sameAxis) &&
    near(a.columnAxis, b.columnAxis, sameAxis) &&
    near(a.pixelSpacingMm, b.pixelSpacingMm, 1e-3 * a.pixelSpacingMm[0])
  );
}
