import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { examplesAsTests } from "./test/examples-as-tests.js";

// Sources are run directly: "@gleaner/source" comes first, so tests need no build of the packages they import.
const conditions = ["@gleaner/source", "module", "node", "development|production"];
// A package's own `test` script starts in its folder, so paths hang on this file, not on the working directory.
const root = fileURLToPath(new URL(".", import.meta.url));
const homes = ["packages", "apps"].flatMap((group) => readdirSync(join(root, group)).map((name) => ({ name, home: `${group}/${name}` })));
const seconds = 1000;

export default defineConfig({
  root,
  ssr: { resolve: { conditions } },
  plugins: [examplesAsTests()],
  test: {
    // The tests made of examples change with files other than their own, which the cache on disk does not see.
    fsModuleCache: false,
    projects: [...homes, { name: "docs", home: "docs" }]
      .filter(({ home }) => existsSync(join(root, home, "package.json")))
      .map(({ name, home }) => ({
        extends: true as const,
        test: {
          name,
          root,
          fsModuleCache: false,
          include: [`${home}/test/**/*.test.ts`, ...(home.startsWith("packages/") ? [`${home}/README.md`] : [])],
          benchmark: { include: [`${home}/bench/**/*.bench.ts`] },
          setupFiles: [join(root, "test/setup.ts")],
          testTimeout: 60 * seconds,
          hookTimeout: 120 * seconds,
        },
      })),
  },
});
