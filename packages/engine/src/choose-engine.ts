import { cpuEngine } from "./cpu.js";
import type { Candidate, ChooseEngineOptions, Circumstances, Engine } from "./engine.js";
import { engineError, isEngineError, reasonOf } from "./errors.js";
import { chooseFastest } from "./fastest.js";
import { thisMachine } from "./machine.js";
import { installedModules } from "./modules.js";
import { nativeEngine } from "./native.js";
import { wasmEngine } from "./wasm.js";
import { webgpuEngine } from "./webgpu.js";

/** In the order that counts until something is measured. TensorFlow with a GPU comes before WebGPU, without one after it. */
const candidates: Candidate[] = [webgpuEngine, nativeEngine, wasmEngine, cpuEngine];

const probes: readonly string[] = ["remembered", "again", "never"] satisfies ChooseEngineOptions["probe"][];

/**
 * Makes the fastest engine that is right here the active backend of TensorFlow.js, and says which and why.
 *
 * In this order: TensorFlow on a GPU, where @gleaner/native finds it paired (Node only); WebGPU on real hardware; TensorFlow on the processor;
 * WebAssembly with the kernels of @gleaner/wasm3d; plain JavaScript. Where WebGPU stands beside an engine on the processor, a probe of about
 * a second decides once, and its answer is remembered in `engines.json` of the cache folder, in a page in localStorage; an engine on which the probe fails
 * is remembered with the reason and passed over, until `probe: "again"` asks it or its version or GPU is another. The packages of the
 * engines are optional; what is not installed is passed over. The application imports `@tensorflow/tfjs` first, which has the gradients and
 * the plain JavaScript backend.
 *
 * @throws EngineError (see {@link isEngineError}) with one sentence when the engine of `prefer` cannot be used, or none can
 * @throws RangeError when `prefer` is no engine, `probe` none of its three words, or an option of the native engine out of range
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { chooseEngine } from "@gleaner/engine";
 * const engine = await chooseEngine({ prefer: "wasm" });
 * engine.name; // => "wasm"
 * engine.why; // => "WebAssembly runs because it was asked for."
 * tf.getBackend(); // => "wasm"
 * ```
 */
export async function chooseEngine(options: ChooseEngineOptions = {}): Promise<Engine> {
  const { prefer, probe = "remembered", machine = thisMachine() } = options;
  if (!probes.includes(probe)) throw new RangeError(`probe is ${probe}, expected ${probes.join(", ")}.`);
  const circumstances: Circumstances = { options, modules: { ...installedModules, ...options.modules }, machine };
  return prefer === undefined ? chooseFastest(candidates, circumstances) : startPreferred(prefer, circumstances);
}

async function startPreferred(prefer: string, circumstances: Circumstances): Promise<Engine> {
  const wanted = candidates.find(({ preference }) => preference === prefer);
  if (!wanted) {
    const known = ["native", ...candidates.map(({ preference }) => preference).filter((name) => name !== "native")];
    throw new RangeError(`prefer is ${prefer}, expected ${known.join(", ")}.`);
  }
  if (!wanted.isPossible(circumstances.machine)) throw engineError(`${wanted.title} cannot run here.`);
  try {
    const { start } = await wanted.find(circumstances);
    return { ...(await start()), why: `${wanted.title} runs because it was asked for.` };
  } catch (error) {
    if (!isEngineError(error) || error.how === undefined) throw error;
    throw engineError(`${reasonOf(error)}; ${error.how.charAt(0).toLowerCase()}${error.how.slice(1).replace(/\.$/, "")}`, {
      how: error.how,
      cause: error,
    });
  }
}
