/**
 * Chooses and prepares the fastest engine that is right here, and says why.
 *
 * @module
 */
export { type CheckEngineOptions, checkEngine, type OperatorCheck } from "./check/check-engine.js";
export { chooseEngine } from "./choose-engine.js";
export type { ChooseEngineOptions, Engine, EngineName, EnginePreference, InstallProgress, Measurement, NativeOptions } from "./engine.js";
export { type EngineError, isEngineError } from "./errors.js";
export type { Machine } from "./machine.js";
export type { EngineModules, NativeModule, Wasm3dModule, WasmModule, WebgpuModule } from "./modules.js";
export type { Gpu } from "./webgpu/adapter.js";
export type { DawnModule } from "./webgpu/dawn.js";
