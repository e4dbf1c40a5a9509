import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { NativeError } from "./errors.js";

interface LockOptions {
  /** Called once, when another process holds the lock. */
  onWait?: (holder: string) => void;
  signal?: AbortSignal;
  /** A lock that nobody touched for so long is left over from a machine that went down. */
  staleMs?: number;
  /** How long to wait for another process at most. */
  patienceMs?: number;
}

const fileName = "install.lock";
const beatMs = 5_000;

/** Runs one task at a time per folder, across processes and machines that share it. A lock left by a dead process is taken over. */
export async function withLock<T>(folder: string, task: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { onWait, signal, staleMs = 60_000, patienceMs = 30 * 60_000 } = options;
  await mkdir(folder, { recursive: true });
  const path = join(folder, fileName);
  const own = `${process.pid} ${hostname()}`;
  const giveUp = Date.now() + patienceMs;
  for (let waited = false; !(await tryTake(path, own)); waited = true) {
    signal?.throwIfAborted();
    if (await isLeftOver(path, staleMs)) {
      await removeLeftOver(path, own, staleMs);
      continue;
    }
    const holder = await readFile(path, "utf8").catch(() => "");
    if (!waited) onWait?.(holder);
    if (Date.now() > giveUp) {
      throw new NativeError(
        "locked",
        `Another installation (process ${holder}) holds ${path}; wait for it, or remove the file if there is none.`,
      );
    }
    await wait(200, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), beatMs).unref();
  try {
    return await task();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function tryTake(path: string, own: string): Promise<boolean> {
  try {
    await writeFile(path, own, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes a left-over lock. Only one process does so at a time and asks again before it does: two that saw the same left-over lock would
 * otherwise remove each other's new one.
 */
async function removeLeftOver(path: string, own: string, staleMs: number): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await tryTake(guard, own))) {
    if (await isLeftOver(guard, staleMs)) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isLeftOver(path, staleMs)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function isLeftOver(path: string, staleMs: number): Promise<boolean> {
  const [text, info] = await Promise.all([readFile(path, "utf8").catch(() => undefined), stat(path).catch(() => undefined)]);
  if (text === undefined || info === undefined) return false;
  if (Date.now() - info.mtimeMs > staleMs) return true;
  const [pid, host] = text.split(" ");
  // An empty file is one that its holder is about to write.
  if (!pid || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
