import { spawn } from "node:child_process";

/** How a program ended; `missing` where there is none of that name. */
export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
  readonly missing: boolean;
}

// Only the end of what is printed is kept.
const keptCharacters = 100_000;

/** Runs a program without a shell. Rejects with the signal's reason when that aborts, after the program has ended. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<ProgramResult> {
  const { env = {}, signal } = options;
  return new Promise((resolve, reject) => {
    let output = "";
    const keep = (text: string): void => {
      output = (output + text).slice(-keptCharacters);
    };
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    const stop = (): void => void child.kill();
    const end = (result: Omit<ProgramResult, "output">): void => {
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) reject(signal.reason);
      else resolve({ ...result, output });
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error: NodeJS.ErrnoException) => {
      keep(error.message);
      end({ code: null, missing: error.code === "ENOENT" });
    });
    child.on("close", (code) => end({ code, missing: false }));
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
  });
}
