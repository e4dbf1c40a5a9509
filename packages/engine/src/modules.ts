import { engineError, reasonOf } from "./errors.js";
import type { DawnModule } from "./webgpu/dawn.js";

/** What is used of @gleaner/native. */
export interface NativeModule {
  installNative(options: object): Promise<unknown>;
  listPairings(options: object): { tensorflow: string; gpu: boolean; fault?: string }[];
  loadNative(options: object): Promise<{ version: string; gpu: boolean; threads: number }>;
  useNativeKernels(): void;
}

/** What is used of @tensorflow/tfjs-backend-wasm. */
export interface WasmModule {
  setWasmPaths(paths: string | Record<string, string>): void;
  setThreadsCount(count: number): void;
  getThreadsCount(): number;
  version_wasm: string;
}

/** What is used of @gleaner/wasm3d. */
export interface Wasm3dModule {
  registerWasm3d(): unknown;
}

/** What is used of @tensorflow/tfjs-backend-webgpu. */
export interface WebgpuModule {
  WebGPUBackend: new (device: never, adapterInfo?: never) => object;
}

/** How the optional packages are imported. */
export interface EngineModules {
  native(): Promise<NativeModule>;
  webgpu(): Promise<WebgpuModule>;
  /** Dawn for Node: npm's `webgpu`. */
  dawn(): Promise<DawnModule>;
  wasm(): Promise<WasmModule>;
  wasm3d(): Promise<Wasm3dModule>;
}

/** Imports by name, so that a bundler follows them; the native package and Dawn it must leave alone, since no page can run them. */
export const installedModules: EngineModules = {
  native: () => import(/* webpackIgnore: true */ /* @vite-ignore */ "@gleaner/native"),
  webgpu: () => import("@tensorflow/tfjs-backend-webgpu"),
  // Its types say no more of its globals than that they are an object.
  dawn: () => import(/* webpackIgnore: true */ /* @vite-ignore */ "webgpu") as Promise<unknown> as Promise<DawnModule>,
  wasm: () => import("@tensorflow/tfjs-backend-wasm"),
  wasm3d: () => import("@gleaner/wasm3d"),
};

/** The module, or an error that says which package is missing. */
export async function importOptional<T>(name: string, load: () => Promise<T>, install: string = name): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as { code?: string; message?: string };
    const isMissing = /MODULE_NOT_FOUND/.test(code ?? "") && (message ?? "").includes(name);
    if (isMissing) throw engineError(`${name} is not installed.`, { how: `Install it with: npm install ${install}`, cause });
    throw engineError(`${name} does not load: ${reasonOf(cause)}.`, { cause });
  }
}
