export interface FocalCase {
  alpha0: number;
  alpha1: number;
  gamma: number;
  softAlpha: boolean;
  softBeta: boolean;
}

/** [α0 + ŷ(α1 − α0)] · |ŷ − p|^γ · (−y ln p − (1 − y) ln(1 − p)) with p = σ(logit) (FocalMix, section 3.2); ŷ is y, or its nearer label. */
export function focalDouble(y: number, logit: number, c: FocalCase): number {
  const hard = y >= 0.5 ? 1 : 0;
  // ln(1 + e^x), and σ, without cancellation at either end.
  const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const sigma = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
  const crossEntropy = y * softplus(-logit) + (1 - y) * softplus(logit);
  const near = c.softBeta ? y : hard;
  const distance = near === 1 ? sigma(-logit) : Math.abs(near - sigma(logit));
  return (c.alpha0 + (c.softAlpha ? y : hard) * (c.alpha1 - c.alpha0)) * distance ** c.gamma * crossEntropy;
}
