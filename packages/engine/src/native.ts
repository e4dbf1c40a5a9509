import type { Candidate, NativeOptions } from "./engine.js";
import { type EngineError, engineError, reasonOf } from "./errors.js";
import { importOptional } from "./modules.js";

const command = ({ gpu }: NativeOptions): string => `npx gleaner-native install${gpu ? " --gpu" : ""}`;

/** TensorFlow's own library through tfjs-node, paired by @gleaner/native. */
export const nativeEngine: Candidate = {
  name: "tensorflow",
  preference: "native",
  title: "TensorFlow",
  isPossible: ({ runtime }) => runtime === "node",
  async find({ options: { native = {}, allowInstall = false, threads, onProgress, signal }, modules }) {
    const { installNative, listPairings, loadNative, useNativeKernels } = await importOptional("@gleaner/native", modules.native);
    const usable = () => listPairings(native).find(({ fault }) => fault === undefined);
    let pairing = usable();
    if (!pairing) {
      if (!allowInstall) throw notPaired(native, listPairings(native)[0]?.fault);
      const { cache, tensorflow, gpu } = native;
      const given = Object.entries({ cache, tensorflow, gpu, onProgress, signal }).filter(([, value]) => value !== undefined);
      await attempt("cannot be paired", native, () => installNative(Object.fromEntries(given)));
      pairing = usable();
    }
    const start = async () => {
      const load = () => loadNative({ ...native, ...(threads === undefined ? {} : { threads }) });
      const { version, gpu, threads: used } = await attempt("does not load", native, load);
      useNativeKernels();
      return { name: "tensorflow", version, threads: used, device: gpu ? "GPU" : "CPU" } as const;
    };
    return { version: pairing?.tensorflow ?? "", gpu: pairing?.gpu ?? false, start };
  },
};

/** How to get a TensorFlow that computes on a GPU of NVIDIA. */
export const pairForGpu: string = `Pair one with: ${command({ gpu: true })}`;

function notPaired(native: NativeOptions, fault: string | undefined): EngineError {
  if (fault !== undefined)
    return engineError(`The TensorFlow paired here cannot be used: ${reasonOf(fault)}.`, { how: `Pair it anew with: ${command(native)}` });
  return engineError(`No TensorFlow ${native.gpu ? "with CUDA " : ""}is paired on this machine.`, {
    how: `Pair one with: ${command(native)}`,
  });
}

async function attempt<T>(what: string, native: NativeOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // A stop that the caller asked for, and a wrong argument, are no faults of the engine.
    const { name } = cause as Error;
    if (name === "AbortError" || name === "RangeError" || name === "TypeError") throw cause;
    throw engineError(`TensorFlow ${what}: ${reasonOf(cause)}.`, { how: `Pair it anew with: ${command(native)}`, cause });
  }
}
