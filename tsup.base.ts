import { defineConfig } from "tsup";

/** The one build of every package: ESM, CommonJS and declarations of the entries named in `entry`. */
export const packageBuild = (
  entry: string[] = ["src/index.ts"],
  platform: "neutral" | "node" = "neutral",
): ReturnType<typeof defineConfig> =>
  defineConfig({ entry, format: ["esm", "cjs"], dts: true, sourcemap: true, clean: true, target: "es2022", platform, treeshake: true });
