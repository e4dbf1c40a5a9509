import type { Machine } from "./machine.js";
import type { EngineModules } from "./modules.js";

/** The backend's name in TensorFlow.js. */
export type EngineName = "tensorflow" | "webgpu" | "wasm" | "cpu";

/** What a caller can ask for; "native" is TensorFlow through @gleaner/native. */
export type EnginePreference = "native" | "webgpu" | "wasm" | "cpu";

/** How long the probe's step took on an engine. */
export interface Measurement {
  name: EngineName;
  milliseconds: number;
}

/** The engine that was made active. */
export interface Engine {
  name: EngineName;
  /** One sentence: why this one. */
  why: string;
  /** Of TensorFlow, or of the TensorFlow.js backend. */
  version: string;
  /** Threads that its operators run on; 1 where they run on a GPU that this thread feeds. */
  threads: number;
  device: "CPU" | "GPU";
  /** What WebGPU computes on, in its driver's words. */
  adapter?: string;
  /** What the probe measured, now or at an earlier start on this machine, the fastest first. */
  measured?: Measurement[];
  /** What would be faster here, and one sentence on how to get it. */
  faster?: { name: EngineName; how: string };
}

export interface InstallProgress {
  phase: string;
  message: string;
  done?: number;
  total?: number;
}

/** Passed on to @gleaner/native, which documents them. */
export interface NativeOptions {
  cache?: string;
  tensorflow?: string;
  gpu?: boolean;
  deterministic?: boolean;
  bfloat16?: boolean;
  memoryGrowth?: boolean;
}

export interface ChooseEngineOptions {
  /** This one or an error, without a probe. Default: the fastest that loads here. */
  prefer?: EnginePreference;
  /**
   * "remembered": where the order is in doubt a probe decides, once per machine. "again": measure every engine but plain JavaScript anew.
   * "never": the order decides. Default "remembered".
   */
  probe?: "remembered" | "again" | "never";
  /** Pair TensorFlow first where it is missing: a download of some hundred MB and a compilation. Default false. */
  allowInstall?: boolean;
  onProgress?: (progress: InstallProgress) => void;
  /** Stops an installation. */
  signal?: AbortSignal;
  /** Default: as many as the engine takes by itself. */
  threads?: number;
  native?: NativeOptions;
  /** Where a page finds the .wasm files: a folder's address that ends in "/", or one address for each file. Node finds them by itself. */
  wasmPaths?: string | Record<string, string>;
  /** For bundlers and tests: how the optional packages are imported. */
  modules?: Partial<EngineModules>;
  /** For tests: the machine to choose for. Default: this one. */
  machine?: Machine;
}

/** What looking for an engine and starting it need. */
export interface Circumstances {
  options: ChooseEngineOptions;
  modules: EngineModules;
  machine: Machine;
}

/** An engine that was started, before it is known why it was chosen. */
export type StartedEngine = Pick<Engine, "name" | "version" | "threads" | "device" | "adapter">;

/** An engine that is there and has not been started. */
export interface FoundEngine {
  version: string;
  /** Whether it is made for a GPU; whether there is one for it can be known later than that. */
  gpu: boolean;
  adapter?: string;
  /** Makes it the active backend. Throws what `engineError` makes when that fails. */
  start: () => Promise<StartedEngine>;
}

/** One kind of engine. To add one, write its file and put it into the list of choose-engine.ts at the place of its speed. */
export interface Candidate {
  name: EngineName;
  preference: EnginePreference;
  /** What it is, at the start of a sentence. */
  title: string;
  /** Whether it can be there at all: a page has no native engine. */
  isPossible: (machine: Machine) => boolean;
  /** Whether to look for it unasked, where that takes time. Default: where it is possible. */
  isLikely?: (machine: Machine) => boolean;
  /** Looks for it without starting it. Throws what `engineError` makes when it is not to be had. */
  find: (circumstances: Circumstances) => Promise<FoundEngine>;
}
