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

function curveOf(p: readonly number[], y: number, settings: FocalSettings): FocalCurve {
  return tf.tidy(() => {
    const logits = tf.tensor1d(p.map(logitOf));
    const targets = tf.fill([p.length], y);
    const { alpha0, alpha1, gamma, softAlpha, softBeta } = settings;
    const loss = (x: tf.Tensor): tf.Tensor => softTargetFocalLoss(targets, x, { alpha: [alpha0, alpha1], gamma, softAlpha, softBeta });
    const gradient = tf.grad(loss)(logits);
    return { p: [...p], value: Array.from(loss(logits).dataSync()), gradient: Array.from(gradient.dataSync()) };
  });
}

/** Gradient descent on the logit of one prediction, with a fixed target. */
function descend(settings: FocalSettings): number[] {
  const path = [settings.p];
  for (let round = 0; round < rounds; round++) {
    const { gradient } = curveOf([path.at(-1)!], settings.y, settings);
    const logit = logitOf(path.at(-1)!) - rate * gradient[0]!;
    path.push(Math.min(1 - 1e-6, Math.max(1e-6, 1 / (1 + Math.exp(-logit)))));
  }
  return path;
}

/** Everything that the live page shows of the soft-target focal loss, computed by the package on the active backend. */
export function focalAnswer(settings: FocalSettings): FocalAnswer {
  const off = { ...settings, softAlpha: false, softBeta: false };
  const { value, gradient } = curveOf([settings.p], settings.y, settings);
  return {
    chosen: curveOf(grid, settings.y, settings),
    hard: curveOf(grid, settings.y, off),
    at: { value: value[0]!, gradient: gradient[0]! },
    descent: { chosen: descend(settings), hard: descend(off) },
  };
}
