import type { Io } from "../src/io.js";
import { main } from "../src/main.js";

/** Calls the command in this process and gives what it wrote and its exit code. */
export async function call(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const out = { stdout: "", stderr: "" };
  const io: Io = {
    stdout: { write: (text) => (out.stdout += text) },
    stderr: { write: (text) => (out.stderr += text) },
    env: {},
    signal: new AbortController().signal,
  };
  return { code: await main(argv, io), ...out };
}
