import { volumeError } from "../errors.js";
import type { Volume, VoxelArray } from "../volume.js";
import { createFrameReader } from "./decode.js";
import type { PaddingRule, SliceScale } from "./hu-slices.js";
import { nameOf, type Slice, type Stack } from "./stack.js";

/** What the ways of making a volume of a stack need. */
export interface StackOptions {
  /** The name of all files together, for messages. */
  readonly path: string;
  readonly maxBytes: number;
  readonly padding: PaddingRule;
}

/** What they give. */
export interface LoadedStack {
  readonly volume: Volume;
  /** Slices that were left out because others are the same. */
  readonly duplicates: readonly Slice[];
}

/** Reads the slices of a stack by their places. */
export interface PlaceReader {
  /** Stored values at a place, after a look at all slices there: they must be the same. */
  read(place: number): Promise<VoxelArray>;
  readonly scales: readonly SliceScale[];
  readonly duplicates: readonly Slice[];
}

export function createPlaceReader(stack: Stack): PlaceReader {
  const frames = createFrameReader();
  const duplicates: Slice[] = [];
  return {
    async read(place) {
      const [first, ...others] = stack.places[place]!;
      const stored = await frames.read(first!.image, first!.frame.index);
      for (const other of others) {
        if (!same(first!, stored, other, await frames.read(other.image, other.frame.index))) {
          const message = `its slice lies at the place of ${nameOf(first!)} and differs from it, expected one slice at each place`;
          throw volumeError("Conflicting", nameOf(other), message);
        }
        duplicates.push(other);
      }
      return stored;
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
