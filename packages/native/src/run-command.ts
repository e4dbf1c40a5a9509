import { spawn } from "node:child_process";

/** How a command ended. `code` is null where a signal ended it, and -1 where it could not be started. */
export interface CommandResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  env?: Record<string, string>;
  cwd?: string;
  signal?: AbortSignal;
}

/** Only the end of an output is kept, so that a chatty compiler cannot fill the memory. */
const keptCharacters = 200_000;

/** Runs a program without a shell and collects what it prints. Rejects only when the signal aborts. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { env = {}, cwd, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let stdout = "";
    let stderr = "";
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    const stop = (): void => void child.kill("SIGTERM");
    signal?.addEventListener("abort", stop, { once: true });
    const done = (result: CommandResult): void => {
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) reject(signal.reason);
      else resolve(result);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout = (stdout + text).slice(-keptCharacters);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-keptCharacters);
    });
    child.on("error", (error) => done({ code: -1, signal: null, stdout, stderr: `${stderr}${error.message}` }));
    child.on("close", (code, killedBy) => done({ code, signal: killedBy, stdout, stderr }));
  });
}

/** The line of an output that says most: the last one that names an error, else the last one that is not empty. */
export function tellingLine(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length > 0);
  const line = lines.findLast((text) => /\berror\b|ERROR|fatal/i.test(text)) ?? lines.at(-1) ?? "it printed nothing";
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
