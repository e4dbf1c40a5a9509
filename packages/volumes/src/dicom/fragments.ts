import { volumeError } from "../errors.js";
import type { DicomSource } from "./source.js";

/** A stretch of compressed bytes in a file. */
export interface Fragment {
  readonly start: number;
  readonly length: number;
}

const fragmentLimit = 2 ** 20;
const itemTag = 0xfffee000;
const endTag = 0xfffee0dd;

/**
 * The fragments of each frame of encapsulated pixel data (PS3.5, annex A.4): by the offset table, one each, or by where streams start.
 *
 * Throws Malformed where items or offsets contradict each other, Truncated where the file ends inside of an item.
 */
export async function locateFrames(source: DicomSource, start: number, frames: number): Promise<Fragment[][]> {
  const { table, fragments } = await readItems(source, start);
  if (fragments.length < frames)
    throw volumeError("Truncated", source.path, `it promises ${frames} compressed frames, the file has ${fragments.length} fragments`, {
      offset: start,
    });
  if (frames === 1) return [fragments];
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  const firsts = table.length === frames ? firstsOfTable(table, fragments) : await firstsOfStreams(source, fragments);
  if (firsts.length !== frames) {
    const found = `${fragments.length} fragments of ${firsts.length} streams`;
    throw volumeError("Malformed", source.path, `it promises ${frames} compressed frames, the file has ${found}`, { offset: start });
  }
  return firsts.map((first, i) => fragments.slice(first, firsts[i + 1] ?? fragments.length));
}

/** The bytes of one frame, in `memory` where they are in one piece and fit there. */
export async function readFrame(
  source: DicomSource,
  fragments: readonly Fragment[],
  memory?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const [only] = fragments;
  if (only && fragments.length === 1) return source.read(only.start, only.length, memory);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const { start, length } of fragments) parts.push(await source.read(start, length));
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

async function readItems(source: DicomSource, start: number): Promise<{ table: number[]; fragments: Fragment[] }> {
  const fragments: Fragment[] = [];
  let table: number[] = [];
  let at = start;
  for (let item = 0; item <= fragmentLimit; item++) {
    const view = new DataView((await source.read(at, 8)).buffer);
    // The end is often left out by writers; a file that ends between items is whole as far as one can tell.
    if (view.byteLength < 8) return { table, fragments };
    const tag = view.getUint16(0, true) * 65536 + view.getUint16(2, true);
    const length = view.getUint32(4, true);
    if (tag === endTag) return { table, fragments };
    if (tag !== itemTag)
      throw volumeError("Malformed", source.path, "its compressed pixel data hold something else than items", { offset: at });
    if (at + 8 + length > source.size) {
      const has = `the file ends after ${Math.max(0, source.size - at - 8)}`;
      throw volumeError("Truncated", source.path, `an item of its pixel data has ${length} bytes, ${has}`, { offset: at });
    }
    if (item === 0) table = offsetsOf(await source.read(at + 8, Math.min(length, 4 * fragmentLimit)));
    else fragments.push({ start: at + 8, length });
    at += 8 + length;
  }
  throw volumeError("TooLarge", source.path, `its pixel data are in more than ${fragmentLimit} fragments`, { offset: start });
}

function offsetsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getUint32(4 * i, true));
}

/** Offsets count from the first fragment's item, whose header has 8 bytes. */
function firstsOfTable(table: readonly number[], fragments: readonly Fragment[]): number[] {
  const places = new Map(fragments.map(({ start }, i) => [start - fragments[0]!.start, i]));
  const firsts = table.map((offset) => places.get(offset));
  return firsts.every((first, i) => first !== undefined && (i === 0 ? first === 0 : first > firsts[i - 1]!)) ? (firsts as number[]) : [];
}

/** Fragments that start with the first marker of a JPEG, JPEG-LS (FFD8) or JPEG 2000 stream (FF4F). */
async function firstsOfStreams(source: DicomSource, fragments: readonly Fragment[]): Promise<number[]> {
  const firsts: number[] = [];
  for (const [i, { start }] of fragments.entries()) {
    const [a, b] = await source.read(start, 2);
    if (a === 0xff && (b === 0xd8 || b === 0x4f)) firsts.push(i);
  }
  return firsts;
}
