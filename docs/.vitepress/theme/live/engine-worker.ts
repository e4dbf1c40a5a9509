// Checks an engine beside the page, so that the page keeps answering, and each time in a TensorFlow.js of its own: kernels that were replaced stay replaced.
import { checkEngine } from "@gleaner/engine";
import type { EngineMessage, EngineTask } from "./engine-check.js";
import { judgmentOf } from "./engine-judgments.js";
import { startPageEngine } from "./engine-start.js";

const say = (message: EngineMessage): void => postMessage(message);

addEventListener("message", async ({ data: { engine, wasmPaths } }: MessageEvent<EngineTask>) => {
  try {
    await startPageEngine(engine, wasmPaths);
    await checkEngine({ onOperator: (check) => say({ operator: check.operator, judgment: judgmentOf(check) }) });
    say({ done: true });
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) });
  }
});
