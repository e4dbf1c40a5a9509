import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { workError } from "../errors.js";
import type { Io } from "../io.js";

/** The built command; where only sources are, nothing can be started beside this process. */
const script = fileURLToPath(new URL("./cli.js", import.meta.url));
export const canStartProcesses = (): boolean => existsSync(script);

/** Operators on small images split over few threads at best: a run on each processor is faster than one on all. */
export const defaultParallel = (): number => Math.min(4, availableParallelism());

/**
 * Calls `gleaner` several times at once, each with its share of the runs and of the processors; their lines are passed on with the part's number before them.
 *
 * @param words of the command line without `--shard`
 */
export async function callInParallel(words: readonly string[], count: number, io: Io): Promise<void> {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / count)));
  const parts = Array.from({ length: count }, (_, i) => start([...words, "--shard", `${i + 1}/${count}`], `${i + 1}`, threads, io));
  const stop = (): void => {
    for (const { child } of parts) child.kill("SIGINT");
  };
  io.signal.addEventListener("abort", stop);
  try {
    const ends = await Promise.all(parts.map(({ ended }) => ended));
    io.signal.throwIfAborted();
    const failed = ends.find(({ code }) => code !== 0);
    if (failed) throw workError(failed.last.replace(/^gleaner: /, ""));
  } finally {
    io.signal.removeEventListener("abort", stop);
    stop();
  }
}

function start(words: readonly string[], part: string, threads: string, io: Io) {
  const env = { ...io.env, TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: "1" };
  const child = spawn(process.execPath, [script, ...words], { env, stdio: ["ignore", "ignore", "pipe"] });
  let last = "a run ended without a word";
  createInterface({ input: child.stderr }).on("line", (line) => {
    last = line;
    io.stderr.write(`${part}: ${line}\n`);
  });
  const ended = new Promise<{ code: number | null; last: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, last }));
  });
  return { child, ended };
}
