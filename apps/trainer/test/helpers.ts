import type { Io } from "../src/io.js";
import { main } from "../src/main.js";

/** What a call of the command wrote, and its exit code. */
export interface Called {
  code: number;
  stdout: string;
  stderr: string;
}

/** Calls the command in this process and gives what it wrote and its exit code. */
export const call = (...argv: string[]): Promise<Called> => callIn({}, ...argv);

/** The same with environment variables. */
export async function callIn(env: Io["env"], ...argv: string[]): Promise<Called> {
  const out = { stdout: "", stderr: "" };
  const io: Io = {
    stdout: { write: (text) => (out.stdout += text) },
    stderr: { write: (text) => (out.stderr += text) },
    env,
    signal: new AbortController().signal,
  };
  return { code: await main(argv, io), ...out };
}
