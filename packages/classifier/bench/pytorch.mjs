import { fileURLToPath } from "node:url";
import { pythonIn } from "../../../bench/python.mjs";

/**
 * A Python with PyTorch: the one given, or one of its own below the cache folder.
 *
 * On Linux for x64 the wheel on PyPI is linked to CUDA's libraries, 3 GB, which a processor has no use for; stubs take their place.
 */
export function pythonWithTorch(given) {
  if (given) return { python: given, mode: "plain" };
  const stubs = process.platform === "linux" && process.arch === "x64";
  const python = pythonIn("classifier-step", (pip, run) => {
    if (!stubs) return pip("numpy", "torch==2.15.0");
    pip("numpy", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec", "filelock", "setuptools");
    pip("--no-deps", "torch==2.15.0");
    run(fileURLToPath(new URL("pytorch-stubs.py", import.meta.url)));
  });
  return { python, mode: stubs ? "lazy" : "plain" };
}
