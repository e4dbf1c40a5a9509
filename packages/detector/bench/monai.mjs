import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { pythonWithTorch } from "../../classifier/bench/pytorch.mjs";

/** A Python with MONAI: the one given, or the PyTorch of the other benchmarks with MONAI beside it, which leaves that one as it is. */
export function pythonWithMonai(given) {
  const { python, mode } = pythonWithTorch(given);
  if (given) return { python, mode, environment: {} };
  const home = join(process.env.GLEANER_CACHE ?? join(homedir(), ".cache/gleaner"), "detector-scan");
  if (!existsSync(join(home, "ready"))) {
    const pip = [..."-m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target".split(" "), home, "monai==1.6.1"];
    execFileSync(python, pip, { stdio: ["ignore", "inherit", "inherit"] });
    writeFileSync(join(home, "ready"), "");
  }
  return { python, mode, environment: { PYTHONPATH: [home, process.env.PYTHONPATH].filter(Boolean).join(delimiter) } };
}
