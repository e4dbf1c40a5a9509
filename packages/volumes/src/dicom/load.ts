import { volumeError } from "../errors.js";
import { isDicom } from "../formats.js";
import type { Volume } from "../volume.js";
import { chooseSeries } from "./choose.js";
import type { FrameDecoder } from "./decode-frame.js";
import { createHuSlices, type PaddingRule } from "./hu-slices.js";
import { type DicomFinding, findImage } from "./image.js";
import { createPlaceReader, type LoadedStack, type StackOptions } from "./place-reader.js";
import { resampleStack } from "./resample-stack.js";
import { type DicomSeries, seriesOf } from "./series.js";
import { type DicomSource, eachOf } from "./source.js";
import { nameOf, type Stack } from "./stack.js";

/** How DICOM files become a volume. */
export interface DicomOptions {
  /** SeriesInstanceUID (or `id` of the listing) of the one to read; needed where there are several. */
  series?: string;
  /** What becomes of gaps, uneven steps and sheared stacks: a tagged error (unless told), or linear interpolation onto an even grid. */
  onUneven?: "refuse" | "resample";
  /** What becomes of pixels with PixelPaddingValue, outside of the scanner's circle: kept (unless told), or air at -1000. */
  padding?: PaddingRule;
  /** The most bytes that the voxels may take in memory; 2 GiB unless told. */
  maxBytes?: number;
}

/** A volume that was made of DICOM files. */
export interface DicomVolume {
  readonly volume: Volume;
  /** What was put right, assumed or left out on the way, one sentence each. */
  readonly notices: readonly string[];
  /** The series it was made of. */
  readonly series: DicomSeries;
}

/** So many files are open at once: enough that reading and decoding overlap, few enough that memory stays that of the volume. */
const atOnce = 8;
const defaultMaxBytes = 2 ** 31;

/** Whether one of the first files is DICOM, by its preamble or its name. */
export async function anyDicom(sources: readonly DicomSource[]): Promise<boolean> {
  for (const source of sources.slice(0, 20)) if (isDicom(await source.read(0, 132), source.path)) return true;
  return false;
}

/** Reads the headers of all files. */
export async function scanDicom(sources: readonly DicomSource[]): Promise<DicomFinding[]> {
  const findings: DicomFinding[] = new Array(sources.length);
  await eachOf(sources, atOnce, async (source, i) => {
    findings[i] = await findImage(source);
  });
  return findings;
}

/** The volume of some files; `path` names them all in messages, `decoder` decodes compressed slices where it is not this thread. */
export async function loadDicom(
  sources: readonly DicomSource[],
  path: string,
  options: DicomOptions,
  decoder?: FrameDecoder,
): Promise<DicomVolume> {
  const { series, onUneven = "refuse", padding = "keep", maxBytes = defaultMaxBytes } = options;
  const findings = await scanDicom(sources);
  const { chosen, notices } = chooseSeries(seriesOf(findings), findings, { path, series });
  const { stack, facts } = chosen;
  const problem = facts.problems.find(({ tag }) => tag !== "Uneven" || onUneven === "refuse");
  if (problem || !stack) throw volumeError(problem!.tag, problem!.path, sentenceOf(facts, problem!.tag));
  const more = { path, maxBytes, padding, decoder };
  const told = new Set([...notices, ...noticesOf(stack)]);
  const uneven = facts.problems.length > 0;
  for (const notice of uneven ? facts.problems : []) told.add(`${notice.path}: ${notice.message}; resampled onto an even grid`);
  const { volume, duplicates } = uneven ? await resampleStack(stack, more) : await loadStack(stack, more);
  if (duplicates.length > 0) {
    const names = duplicates.slice(0, 5).map(nameOf).join(", ");
    told.add(
      `${duplicates.length} identical ${duplicates.length === 1 ? "duplicate" : "duplicates"} left out: ${names}${duplicates.length > 5 ? " …" : ""}`,
    );
  }
  return { volume, notices: [...told], series: facts };
}

/** All that is uneven in one sentence, or the problem of a kind that comes first. */
function sentenceOf({ problems }: DicomSeries, tag: string): string {
  const same = problems.filter((one) => one.tag === tag);
  if (tag !== "Uneven") return same[0]!.message;
  const [first, ...others] = same;
  const rest = others.map(({ path, message }) => `; ${path}: ${message}`).join("");
  return `${first!.message}${rest}; expected an even stack, or onUneven "resample"`;
}

function noticesOf(stack: Stack): string[] {
  const images = new Set(stack.places.flat().map(({ image }) => image));
  const counts = new Map<string, number>();
  for (const { notices } of images) for (const notice of notices) counts.set(notice, (counts.get(notice) ?? 0) + 1);
  const told = [...counts].map(([notice, count]) => `${notice} (${count} of ${images.size} files)`);
  if (stack.assumedSpacing) told.push("one slice without SpacingBetweenSlices, taken to be 1 mm from the next");
  return told;
}

/** Stacks an even series: each slice is read, decoded and written into its place. */
async function loadStack(stack: Stack, options: StackOptions): Promise<LoadedStack> {
  const [count, rows, columns] = stack.grid.shape;
  const reader = createPlaceReader(stack, options);
  const slices = createHuSlices(rows * columns, count, reader.scales, options);
  await eachOf(stack.places, atOnce, (_, z) => reader.read(z, (stored) => slices.write(z, stored, reader.scales[z]!)));
  return { volume: { data: slices.data(), ...stack.grid }, duplicates: reader.duplicates };
}
