import { rotate, shearX, shearY, translate } from "./affine.js";
import { sharpness } from "./filters.js";
import { type ByteImage, blankLike, copyOf } from "./image.js";
import {
  autoContrast,
  type Bytes,
  brightness,
  color,
  contrast,
  equalize,
  identity,
  type Operation,
  posterize,
  solarize,
} from "./point-operations.js";

/** The names of RandAugment's 14 operations. */
export type OperationName =
  | "AutoContrast"
  | "Brightness"
  | "Color"
  | "Contrast"
  | "Equalize"
  | "Identity"
  | "Posterize"
  | "Rotate"
  | "Sharpness"
  | "ShearX"
  | "ShearY"
  | "Solarize"
  | "TranslateX"
  | "TranslateY";

/** The operations with the range of the value that each takes. */
export const operations: Readonly<Record<OperationName, { min: number; max: number; apply: Operation }>> = {
  AutoContrast: { min: 0, max: 1, apply: autoContrast },
  Brightness: { min: 0.05, max: 0.95, apply: brightness },
  Color: { min: 0.05, max: 0.95, apply: color },
  Contrast: { min: 0.05, max: 0.95, apply: contrast },
  Equalize: { min: 0, max: 1, apply: equalize },
  Identity: { min: 0, max: 1, apply: identity },
  Posterize: { min: 4, max: 8, apply: posterize },
  Rotate: { min: -30, max: 30, apply: rotate },
  Sharpness: { min: 0.05, max: 0.95, apply: sharpness },
  ShearX: { min: -0.3, max: 0.3, apply: shearX },
  ShearY: { min: -0.3, max: 0.3, apply: shearY },
  Solarize: { min: 0, max: 256, apply: solarize },
  TranslateX: { min: -0.3, max: 0.3, apply: (from, to, shape, value) => translate(from, to, shape, value * shape[1], 0) },
  TranslateY: { min: -0.3, max: 0.3, apply: (from, to, shape, value) => translate(from, to, shape, 0, value * shape[0]) },
};

/** What an image goes through one after another. */
export interface Step {
  apply: Operation;
  value: number;
}

/** The bytes of an image after some steps, in memory of their own; two buffers serve any number of steps. */
export function applySteps({ data, shape }: ByteImage, steps: readonly Step[]): Bytes {
  let [from, to, spare]: [Bytes, Bytes | undefined, Bytes | undefined] = [data, undefined, undefined];
  for (const { apply, value } of steps) {
    to = spare ?? blankLike(data);
    apply(from, to, shape, value);
    // The image itself is never written to.
    spare = from === data ? undefined : from;
    from = to;
  }
  return from === data ? copyOf(data) : from;
}
