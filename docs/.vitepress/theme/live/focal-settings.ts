import { linkedFlag, linkedNumber } from "./linked-state.js";

/** The preset: an unsure target, as a teacher gives many, and RetinaNet's γ. */
export const focalSchema = {
  y: linkedNumber(0.3, 0, 1),
  alpha0: linkedNumber(0.25, 0, 1),
  alpha1: linkedNumber(0.75, 0, 1),
  gamma: linkedNumber(2, 0, 5),
  softAlpha: linkedFlag(true),
  softBeta: linkedFlag(true),
  p: linkedNumber(0.6, 0.01, 0.99),
};

export interface FocalSettings {
  /** The target. */
  y: number;
  alpha0: number;
  alpha1: number;
  gamma: number;
  softAlpha: boolean;
  softBeta: boolean;
  /** The prediction that is read off, and where the descent starts. */
  p: number;
}
