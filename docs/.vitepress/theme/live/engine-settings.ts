import { linkedChoice, linkedFlag } from "./linked-state.js";

export const engineOptions = [
  { value: "wasm", text: "WebAssembly with Gleaner's kernels" },
  { value: "stock", text: "WebAssembly as it comes" },
  { value: "webgpu", text: "WebGPU" },
  { value: "webgl", text: "WebGL" },
  { value: "cpu", text: "plain JavaScript" },
] as const;

/** An engine that a page can have. */
export type PageEngine = (typeof engineOptions)[number]["value"];

/** Its name within a sentence. */
export const nameOfEngine = (engine: PageEngine): string => engineOptions.find(({ value }) => value === engine)!.text;

/** The preset: what Gleaner runs on in a page, beside what it replaces. */
export const engineSchema = {
  engine: linkedChoice<PageEngine>(
    "wasm",
    engineOptions.map(({ value }) => value),
  ),
  faults: linkedFlag(false),
};
