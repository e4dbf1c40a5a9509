// Writes the generated pages: `pnpm generate`, which dev and site call.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFolders, generatedPages } from "./generated-pages.js";

const docs = new URL("..", import.meta.url);
const pages = await generatedPages();
for (const folder of generatedFolders) if (folder !== "api") rmSync(new URL(folder, docs), { recursive: true, force: true });
for (const [path, text] of Object.entries(pages)) {
  const file = fileURLToPath(new URL(path, docs));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
