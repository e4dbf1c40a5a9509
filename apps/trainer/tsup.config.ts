import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    "classifier-engine-worker": "src/classification/classifier-engine-worker.ts",
    cli: "src/cli.ts",
    "engine-worker": "src/run/engine-worker.ts",
    "patch-worker": "src/run/patch-worker.ts",
    "phantom-worker": "src/run/phantom-worker.ts",
    "prepare-worker": "src/run/prepare-worker.ts",
    "view-worker": "src/classification/view-worker.ts",
  },
  format: ["esm"],
  sourcemap: true,
  clean: true,
  target: "node20",
  platform: "node",
});
