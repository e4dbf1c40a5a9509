import { rotate, shearX, shearY, translate } from "./affine.js";
import { paint } from "./cutout.js";
import { blur, sharpness, smooth } from "./filters.js";
import type { Step } from "./image-operations.js";
import {
  autoContrast,
  brightness,
  color,
  contrast,
  equalize,
  identity,
  invert,
  mixBytes,
  type Operation,
  posterize,
  solarize,
} from "./point-operations.js";
import { rescale, roundEven } from "./rescale.js";

/** The names of CTAugment's 19 operations. */
export type CtOperationName =
  | "AutoContrast"
  | "Blur"
  | "Brightness"
  | "Color"
  | "Contrast"
  | "Cutout"
  | "Equalize"
  | "Invert"
  | "Identity"
  | "Posterize"
  | "Rescale"
  | "Rotate"
  | "Sharpness"
  | "ShearX"
  | "ShearY"
  | "Smooth"
  | "Solarize"
  | "TranslateX"
  | "TranslateY";

/** What an operation of a policy is told: its values in 0..1, the center of a cutout in parts of the sides, and the unit of translations. */
interface Setting {
  values: readonly number[];
  center: readonly [y: number, x: number];
  translation: "side" | "pixels";
}

interface CtOperation {
  /** How many bins each of its values has. */
  bins: readonly number[];
  step: (setting: Setting) => Step;
}

const none: Pick<CtOperation, "bins"> = { bins: [] };
const one: Pick<CtOperation, "bins"> = { bins: [17] };

/** The operation at a value that its level in 0..1 stands for. */
const at = (apply: Operation, meant: (level: number) => number): CtOperation => ({
  ...one,
  step: ({ values: [level = 0] }) => ({ apply, value: meant(level) }),
});

const enhanced = (apply: Operation): CtOperation => at(apply, (level) => 0.1 + 1.9 * level);

/** Between the image at 0 and what the operation makes of it at 1. */
function partly(operation: Operation): CtOperation {
  const apply: Operation = (from, to, shape, level) => {
    operation(from, to, shape, level);
    mixBytes(from, to, level, to);
  };
  return at(apply, (level) => level);
}

const within = (level: number, most: number): number => (2 * level - 1) * most;

const cutout: CtOperation = {
  ...one,
  step: ({ values: [level = 0], center }) => ({
    value: level,
    apply: (from, to, shape, value) => {
      const [height, width, channels] = shape;
      to.set(from);
      const half = Math.trunc(value * Math.min(height, width) * 0.499 + 1) >> 1;
      const [y, x] = [Math.min(height - 1, Math.floor(center[0] * height)), Math.min(width - 1, Math.floor(center[1] * width))];
      const square = [Math.max(0, y - half), Math.max(0, x - half), Math.min(height, y + half), Math.min(width, x + half)] as const;
      paint(to, shape, square, new Uint8Array(channels).fill(127));
    },
  }),
};

const translation = (axis: 0 | 1): CtOperation => ({
  ...one,
  step: ({ values: [level = 0], translation: unit }) => ({
    value: within(level, 0.3),
    apply: (from, to, shape, value) => {
      const pixels = unit === "side" ? value * shape[axis] : value;
      translate(from, to, shape, axis === 1 ? pixels : 0, axis === 0 ? pixels : 0);
    },
  }),
});

/** The operations with the bins of their values. */
export const ctOperations: Readonly<Record<CtOperationName, CtOperation>> = {
  AutoContrast: partly(autoContrast),
  Blur: partly(blur),
  Brightness: enhanced(brightness),
  Color: enhanced(color),
  Contrast: enhanced(contrast),
  Cutout: cutout,
  Equalize: partly(equalize),
  Invert: partly(invert),
  Identity: { ...none, step: () => ({ apply: identity, value: 0 }) },
  Posterize: { bins: [8], step: ({ values: [level = 0] }) => ({ apply: posterize, value: 1 + Math.trunc(7.999 * level) }) },
  Rescale: {
    bins: [17, 6],
    step: ({ values: [level = 0, method = 0] }) => ({
      apply: (from, to, shape, margin) => rescale(from, to, shape, margin, Math.trunc(5.99 * method)),
      value: 0.25 * level,
    }),
  },
  Rotate: at(rotate, (level) => roundEven(within(level, 45))),
  Sharpness: enhanced(sharpness),
  ShearX: at(shearX, (level) => within(level, 0.3)),
  ShearY: at(shearY, (level) => within(level, 0.3)),
  Smooth: partly(smooth),
  Solarize: at(solarize, (level) => Math.trunc(255.999 * level)),
  TranslateX: translation(1),
  TranslateY: translation(0),
};
