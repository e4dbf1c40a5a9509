// Records what the live page of engines shows before its button is pressed: runs in Node. From docs,
//   pnpm exec tsx --conditions=@gleaner/source scripts/record-engine-run.ts
// docs/test/live-engine.test.ts compares it with what the package finds now.
import { writeFileSync } from "node:fs";
import { checkEngine } from "@gleaner/engine";
import * as tf from "@tensorflow/tfjs";
import { judgmentOf, type RecordedRuns } from "../.vitepress/theme/live/engine-judgments.js";
import { startPageEngine } from "../.vitepress/theme/live/engine-start.js";

tf.env().set("PROD", true);
const node = process.versions.node.split(".")[0]!;
const recorded: RecordedRuns = { node, tensorflow: tf.version_core, operators: [], runs: {} };
// The stock backend first: kernels that were replaced stay replaced.
for (const engine of ["stock", "wasm", "cpu"] as const) {
  await startPageEngine(engine);
  const checks = await checkEngine();
  recorded.operators = checks.map(({ operator }) => operator);
  recorded.runs[engine] = checks.map(judgmentOf);
}
writeFileSync(new URL("../live/engine-runs.json", import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
