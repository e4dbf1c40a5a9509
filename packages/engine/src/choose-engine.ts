import { cpuEngine } from "./cpu.js";
import type { Candidate, ChooseEngineOptions, Engine } from "./engine.js";
import { engineError, isEngineError, reasonOf } from "./errors.js";
import { type EngineModules, installedModules } from "./modules.js";
import { nativeEngine } from "./native.js";
import { wasmEngine } from "./wasm.js";

/** The fastest first. */
const candidates: Candidate[] = [nativeEngine, wasmEngine, cpuEngine];

/** Why an engine that would be faster is not used. */
interface Passed {
  candidate: Candidate;
  reason: string;
  how?: string;
}

/**
 * Makes the fastest engine that is right here the active backend of TensorFlow.js, and says which and why.
 *
 * In this order: TensorFlow where @gleaner/native finds one paired (Node only), WebAssembly with the kernels of @gleaner/wasm3d, plain
 * JavaScript. Those packages are optional; what is not installed is passed over. The application imports `@tensorflow/tfjs` first, which has
 * the gradients and the plain JavaScript backend.
 *
 * @throws EngineError (see {@link isEngineError}) with one sentence when the engine of `prefer` cannot be used, or none can
 * @throws RangeError when `prefer` is no engine or an option of the native engine is out of range
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
  const { prefer } = options;
  const modules: EngineModules = { ...installedModules, ...options.modules };
  if (prefer !== undefined) {
    const wanted = candidates.find(({ preference }) => preference === prefer);
    if (!wanted) throw new RangeError(`prefer is ${prefer}, expected ${candidates.map(({ preference }) => preference).join(", ")}.`);
    if (!wanted.isPossible()) throw engineError(`${wanted.title} cannot run here.`);
    try {
      return { ...(await wanted.start(options, modules)), why: `${wanted.title} runs because it was asked for.` };
    } catch (error) {
      if (!isEngineError(error) || error.how === undefined) throw error;
      throw engineError(`${reasonOf(error)}; ${error.how.charAt(0).toLowerCase()}${error.how.slice(1)}`, { how: error.how, cause: error });
    }
  }
  const passed: Passed[] = [];
  for (const candidate of candidates.filter(({ isPossible }) => isPossible())) {
    try {
      const started = await candidate.start(options, modules);
      const [best] = passed;
      const why = best ? `${candidate.title} runs because ${inSentence(best.reason)}.` : `${candidate.title} is the fastest engine here.`;
      return { ...started, why, ...(best ? { faster: { name: best.candidate.name, how: best.how ?? `${best.reason}.` } } : {}) };
    } catch (error) {
      if (!isEngineError(error)) throw error;
      passed.push({ candidate, reason: reasonOf(error), ...(error.how === undefined ? {} : { how: error.how }) });
    }
  }
  throw engineError(`No engine can be used: ${passed.map(({ reason }) => inSentence(reason)).join("; ")}.`);
}

/** "No TensorFlow is …" → "no TensorFlow is …"; names keep their capital. */
const inSentence = (text: string): string => text.replace(/^(No|The|There|This)\b/, (word) => word.toLowerCase());
