import { softTargetFocalLoss } from "@gleaner/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { FocalSettings } from "./focal-settings.js";

/** The loss and its derivative by the logit at predictions p. */
export interface FocalCurve {
  p: number[];
  value: number[];
  gradient: number[];
}

export interface FocalAnswer {
  /** With the chosen factors, and with both switched off. */
  chosen: FocalCurve;
  hard: FocalCurve;
  /** At the chosen p. */
  at: { value: number; gradient: number };
  /** p after each round of a descent that starts at the chosen p. */
  descent: { chosen: number[]; hard: number[] };
}

/** 0.01 to 0.99. */
const grid = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
const rounds = 60;
/** Small enough that a round never jumps over the minimum at any setting of the page. */
const rate = 2;

const logitOf = (p: number): number => Math.log(p / (1 - p));

/** The loss of each prediction, as a function of the logits. */
function lossOf(count: number, { y, alpha0, alpha1, gamma, softAlpha, softBeta }: FocalSettings): (logits: tf.Tensor) => tf.Tensor {
  const targets = tf.fill([count], y);
  return (logits) => softTargetFocalLoss(targets, logits, { alpha: [alpha0, alpha1], gamma, softAlpha, softBeta });
}

function curveOf(p: readonly number[], settings: FocalSettings): FocalCurve {
  return tf.tidy(() => {
    const logits = tf.tensor1d(p.map(logitOf));
    const loss = lossOf(p.length, settings);
    return { p: [...p], value: Array.from(loss(logits).dataSync()), gradient: Array.from(tf.grad(loss)(logits).dataSync()) };
  });
}

/** Gradient descent on the logit of one prediction, with a fixed target. */
function descend(settings: FocalSettings): number[] {
  return tf.tidy(() => {
    const gradientAt = tf.grad(lossOf(1, settings));
    const path = [settings.p];
    for (let round = 0; round < rounds; round++) {
      const logit = logitOf(path.at(-1)!);
      const [slope] = tf.tidy(() => gradientAt(tf.tensor1d([logit])).dataSync());
      path.push(Math.min(1 - 1e-6, Math.max(1e-6, 1 / (1 + Math.exp(rate * slope! - logit)))));
    }
    return path;
  });
}

/** Everything that the live page shows of the soft-target focal loss, computed by the package on the active backend. */
export function focalAnswer(settings: FocalSettings): FocalAnswer {
  const off = { ...settings, softAlpha: false, softBeta: false };
  const { value, gradient } = curveOf([settings.p], settings);
  return {
    chosen: curveOf(grid, settings),
    hard: curveOf(grid, off),
    at: { value: value[0]!, gradient: gradient[0]! },
    descent: { chosen: descend(settings), hard: descend(off) },
  };
}
