#!/usr/bin/env node
import { existsSync } from "node:fs";

const built = new URL("../dist/cli.js", import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  console.error("gleaner: the command is not built yet. Run `npm run demo` once at the root, or `pnpm install && pnpm build`.");
  process.exitCode = 1;
}
