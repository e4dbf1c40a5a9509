import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withLock } from "../src/lock.js";

describe("the lock of a cache", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gleaner-lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const put = (text: string): string => {
    const path = join(folder, "install.lock");
    writeFileSync(path, text);
    return path;
  };

  test("lets one task run at a time, and frees it when a task fails", async () => {
    const log: string[] = [];
    const task = (name: string, fails = false) =>
      withLock(folder, async () => {
        log.push(`${name} in`);
        await wait(30);
        log.push(`${name} out`);
        if (fails) throw new Error(name);
      }).catch((error: Error) => void log.push(`${error.message} failed`));
    await Promise.all([task("a", true), task("b")]);
    const order = log.filter((line) => !line.endsWith("failed"));
    expect([
      ["a in", "a out", "b in", "b out"],
      ["b in", "b out", "a in", "a out"],
    ]).toContainEqual(order);
    expect(log).toContain("a failed");
  });

  test("is taken over from a process that is gone", async () => {
    put(`999999999 ${hostname()}`);
    expect(await withLock(folder, async () => "done")).toBe("done");
  });

  test("is taken over by one of many that find it left over", async () => {
    put(`999999999 ${hostname()}`);
    let inside = 0;
    let most = 0;
    const task = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await wait(5);
      inside--;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(folder, task)));
    expect(most).toBe(1);
  });

  test("is taken over from another machine that has not touched it for long", async () => {
    const path = put("1 elsewhere");
    utimesSync(path, new Date(0), new Date(0));
    expect(await withLock(folder, async () => "done")).toBe("done");
  });

  test("names its holder when waiting takes too long", async () => {
    put("1 elsewhere");
    await expect(withLock(folder, async () => "done", { patienceMs: 1 })).rejects.toThrow(
      "Another installation (process 1 elsewhere) holds",
    );
  });

  test("stops waiting when it is told to", async () => {
    put("1 elsewhere");
    const stop = new AbortController();
    const waiting = withLock(folder, async () => "done", { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(waiting).rejects.toThrow("enough");
  });
});
