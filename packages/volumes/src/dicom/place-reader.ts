import { volumeError } from "../errors.js";
import type { Volume, VoxelArray } from "../volume.js";
import { createFrameReader } from "./decode.js";
import type { FrameDecoder } from "./decode-frame.js";
import type { PaddingRule, SliceScale } from "./hu-slices.js";
import { nameOf, type Slice, type Stack } from "./stack.js";

/** What the ways of making a volume of a stack need. */
export interface StackOptions {
  /** The name of all files together, for messages. */
  readonly path: string;
  readonly maxBytes: number;
  readonly padding: PaddingRule;
  /** What decodes compressed slices; this thread unless told. */
  readonly decoder: FrameDecoder | undefined;
}

/** What they give. */
export interface LoadedStack {
  readonly volume: Volume;
  /** Slices that were left out because others are the same. */
  readonly duplicates: readonly Slice[];
}

/** Reads the slices of a stack by their places. */
export interface PlaceReader {
  /** Hands the stored values at a place to `use`, after a look at all slices there: they must be the same. Their memory is used again. */
  read<T>(place: number, use: (stored: VoxelArray) => T): Promise<T>;
  readonly scales: readonly SliceScale[];
  readonly duplicates: readonly Slice[];
}

export function createPlaceReader(stack: Stack, { decoder }: Pick<StackOptions, "decoder">): PlaceReader {
  const frames = createFrameReader(decoder);
  const duplicates: Slice[] = [];
  const [, rows, columns] = stack.grid.shape;
  const idle: Uint8Array<ArrayBuffer>[] = [];
  /** Reads a slice into memory that no other one is in, and does something with it before that is used again. */
  const withSlice = async <T>({ image, frame }: Slice, use: (stored: VoxelArray) => T | Promise<T>): Promise<T> => {
    const bytes = (rows * columns * image.format.bitsAllocated) / 8;
    const memory = idle.pop();
    const own = memory && bytes <= memory.length ? memory : new Uint8Array(bytes);
    try {
      return await use(await frames.read(image, frame.index, own));
    } finally {
      idle.push(own);
    }
  };
  return {
    read(place, use) {
      const [first, ...others] = stack.places[place]!;
      return withSlice(first!, async (stored) => {
        for (const other of others) {
          if (!(await withSlice(other, (values) => same(first!, stored, other, values)))) {
            const message = `its slice lies at the place of ${nameOf(first!)} and differs from it, expected one slice at each place`;
            throw volumeError("Conflicting", nameOf(other), message);
          }
          duplicates.push(other);
        }
        return use(stored);
      });
    },
    scales: stack.places.map(([slice]) => {
      const { image, frame } = slice!;
      return { slope: frame.slope, intercept: frame.intercept, format: image.format };
    }),
    duplicates,
  };
}

function same({ frame: a }: Slice, stored: VoxelArray, { frame: b }: Slice, others: VoxelArray): boolean {
  if (stored.length !== others.length) return false;
  for (let i = 0; i < stored.length; i++) if (stored[i]! * a.slope + a.intercept !== others[i]! * b.slope + b.intercept) return false;
  return true;
}
