import { NativeError } from "./errors.js";
import { runCommand } from "./run-command.js";

/** A program that was found: how to start it, and the first line it says about itself. */
export interface Tool {
  command: string;
  version: string;
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

async function firstThatAnswers(commands: readonly string[], args: string[], signal?: AbortSignal): Promise<Tool | undefined> {
  for (const command of commands) {
    const { code, stdout, stderr } = await runCommand(command, args, signal ? { signal } : {});
    if (code === 0) return { command, version: firstLine(stdout || stderr) };
  }
  return undefined;
}

/** A Python 3 with pip: the one named, else python3, else python. */
export async function findPython(named?: string, signal?: AbortSignal): Promise<Tool> {
  const commands = named === undefined ? ["python3", "python"] : [named];
  const python = await firstThatAnswers(
    commands,
    ["-c", "import sys; assert sys.version_info >= (3, 8); print('Python', sys.version.split()[0])"],
    signal,
  );
  if (!python) {
    throw new NativeError(
      "no-python",
      named === undefined
        ? "Python 3.8 or newer is needed to fetch TensorFlow's wheel, and neither python3 nor python is one here; install it, or give a wheel file."
        : `${named} is not a Python 3.8 or newer that can be started.`,
    );
  }
  const pip = await firstThatAnswers([python.command], ["-m", "pip", "--version"], signal);
  if (!pip) {
    throw new NativeError(
      "no-pip",
      `${python.command} has no pip, which fetches TensorFlow's wheel; install it (python3-pip), or give a wheel file.`,
    );
  }
  return { command: python.command, version: `${python.version}, ${pip.version.replace(/ from .*/, "")}` };
}

/** A C++ compiler: the one that CXX names, else c++, g++ or clang++. */
export async function findCompiler(named: string | undefined = process.env["CXX"], signal?: AbortSignal): Promise<Tool> {
  const commands = named ? [named] : ["c++", "g++", "clang++"];
  const compiler = await firstThatAnswers(commands, ["--version"], signal);
  if (compiler) return compiler;
  throw new NativeError(
    "no-compiler",
    named
      ? `The C++ compiler ${named} (from CXX) cannot be started.`
      : "A C++17 compiler is needed to build the binding, and there is no c++, g++ or clang++ here; install one (Debian: g++, macOS: xcode-select --install).",
  );
}

/** npm, which fetches the binding's sources. On Windows it is a script; there this package has no use anyway. */
export async function findNpm(signal?: AbortSignal): Promise<Tool> {
  const npm = await firstThatAnswers(["npm"], ["--version"], signal);
  if (npm) return npm;
  throw new NativeError("no-npm", "npm is needed to fetch the sources of @tensorflow/tfjs-node-gpu, and it cannot be started here.");
}
