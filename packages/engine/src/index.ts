/**
 * Chooses and prepares the fastest engine that is right here, and says why.
 *
 * @module
 */
export { checkEngine, type OperatorCheck } from "./check/check-engine.js";
export { chooseEngine } from "./choose-engine.js";
export type { ChooseEngineOptions, Engine, EngineName, EnginePreference, InstallProgress, NativeOptions } from "./engine.js";
export { type EngineError, isEngineError } from "./errors.js";
export type { EngineModules, NativeModule, Wasm3dModule, WasmModule } from "./modules.js";
