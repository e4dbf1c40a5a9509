// Makes the files that every package has, from its row in map.mjs: `node scripts/new-package.mjs NAME`. Existing files are left alone.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { map } from "./map.mjs";
import { expectedPackageJson } from "./package-shape.mjs";

const name = process.argv[2];
const row = map[name];
if (!row) {
  console.error(`new-package: no row for ${JSON.stringify(name)} in scripts/map.mjs; add one first. Rows: ${Object.keys(map).join(", ")}`);
  process.exit(2);
}
const root = join("packages", name);
const put = (file, text) => {
  const path = join(root, file);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
};
const install = [`@gleaner/${name}`, ...row.peers].join(" ");
put("package.json", `${JSON.stringify(expectedPackageJson(name), null, 2)}\n`);
put("tsconfig.json", `${JSON.stringify({ extends: "../../tsconfig.base.json", include: ["src"] }, null, 2)}\n`);
put(
  "tsconfig.test.json",
  `${JSON.stringify({ extends: "../../tsconfig.base.json", compilerOptions: { types: ["node"], isolatedDeclarations: false, declaration: false }, include: ["src", "test", "bench", "tsup.config.ts"] }, null, 2)}\n`,
);
put("tsup.config.ts", `import { packageBuild } from "../../tsup.base.js";\n\nexport default packageBuild();\n`);
put("CHANGELOG.md", `# @gleaner/${name}\n`);
put("src/index.ts", `/**\n * ${row.job}\n *\n * @module\n */\nexport {};\n`);
put(
  "test/examples.test.ts",
  "// Stands for the examples in the doc comments of src: test/examples-as-tests.ts at the root turns them into tests.\n",
);
put(
  "test/public-api.test.ts",
  `import { expect, test } from "vitest";\nimport * as api from "../src/index.js";\n\ntest("the root entry exports exactly this", () => {\n  expect(Object.keys(api).sort()).toMatchInlineSnapshot();\n});\n`,
);
put(
  "README.md",
  `# @gleaner/${name}\n\n## What\n\n${row.job}\n\n## Install\n\n\`\`\`sh\nnpm install ${install}\n\`\`\`\n\n## Example\n\n## API\n\n## References\n`,
);
