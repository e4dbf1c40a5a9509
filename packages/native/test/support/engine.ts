import "@tensorflow/tfjs";
import { findNative, loadNative, useNativeKernels } from "../../src/index.js";

/** Whether this machine has a paired engine in its cache; suites that need it say in their names when it is not there. */
export const paired = findNative() !== undefined;

export const withEngine = (what: string): string =>
  paired ? `${what} on the paired engine` : `${what}: left out, because no native engine is installed (gleaner-native install)`;

export async function startEngine(): Promise<void> {
  await loadNative({ threads: 2 });
  useNativeKernels();
}
