import type { EngineModules } from "./modules.js";

/** The backend's name in TensorFlow.js. */
export type EngineName = "tensorflow" | "wasm" | "cpu";

/** What a caller can ask for; "native" is TensorFlow through @gleaner/native. */
export type EnginePreference = "native" | "wasm" | "cpu";

/** The engine that was made active. */
export interface Engine {
  name: EngineName;
  /** One sentence: why this one. */
  why: string;
  /** Of TensorFlow, or of the TensorFlow.js backend. */
  version: string;
  /** Threads that its operators run on. */
  threads: number;
  device: "CPU" | "GPU";
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
  /** This one or an error. Default: the fastest that loads here. */
  prefer?: EnginePreference;
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
}

/** An engine that was started, before it is known why it was chosen. */
type StartedEngine = Pick<Engine, "name" | "version" | "threads" | "device">;

/** One kind of engine. To add one, write its file and put it into the list of choose-engine.ts at the place of its speed. */
export interface Candidate {
  name: EngineName;
  preference: EnginePreference;
  /** What it is, at the start of a sentence. */
  title: string;
  /** Whether it can be there at all: a page has no native engine. */
  isPossible: () => boolean;
  /** Makes it the active backend. Throws what `engineError` makes when it is not to be had. */
  start: (options: ChooseEngineOptions, modules: EngineModules) => Promise<StartedEngine>;
}
