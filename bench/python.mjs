import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * A Python in a virtual environment of its own below the cache folder (GLEANER_CACHE or ~/.cache/gleaner), made at the first call and whole or not there.
 *
 * @param name the environment's folder
 * @param packages from PyPI, or what fills the environment: it is given pip and the environment's Python
 */
export function pythonIn(name, packages) {
  const home = join(process.env.GLEANER_CACHE ?? join(homedir(), ".cache/gleaner"), name);
  const python = join(home, "bin/python");
  if (!existsSync(join(home, "ready"))) {
    const run = (command, ...args) => execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
    mkdirSync(home, { recursive: true });
    run("python3", "-m", "venv", home);
    const pip = (...args) => run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...args);
    if (typeof packages === "function") packages(pip, (...args) => run(python, ...args));
    else pip(...packages);
    writeFileSync(join(home, "ready"), "");
  }
  return python;
}
