import { startEngine } from "../src/run/start-engine.js";

const silent = { write: () => true };
export const silentIo = { stdout: silent, stderr: silent, env: {}, signal: new AbortController().signal };

/** Trains on WebAssembly from here on: it is on every machine, and its numbers are the same each time. Gives what a run notes about its engine. */
export const startWasm = (): Promise<Record<string, unknown>> => startEngine("wasm", silentIo);
