import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A Python with PyTorch: the one given, or one of its own below the cache folder.
 *
 * On Linux for x64 the wheel on PyPI is linked to CUDA's libraries, 3 GB, which a processor has no use for; stubs take their place.
 */
export function pythonWithTorch(given) {
  if (given) return { python: given, mode: "plain" };
  const home = join(process.env.GLEANER_CACHE ?? join(homedir(), ".cache/gleaner"), "classifier-step");
  const python = join(home, "bin/python");
  const stubs = process.platform === "linux" && process.arch === "x64";
  if (!existsSync(join(home, "ready"))) {
    const run = (command, ...args) => execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
    mkdirSync(home, { recursive: true });
    run("python3", "-m", "venv", home);
    const pip = (...args) => run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...args);
    if (stubs) {
      pip("numpy", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec", "filelock", "setuptools");
      pip("--no-deps", "torch==2.15.0");
      run(python, fileURLToPath(new URL("pytorch-stubs.py", import.meta.url)));
    } else pip("numpy", "torch==2.15.0");
    writeFileSync(join(home, "ready"), "");
  }
  return { python, mode: stubs ? "lazy" : "plain" };
}
