import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneAtATime } from "../src/reproduce/one-at-a-time.js";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "lock-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
const { signal } = new AbortController();

test("two that want to work at once work one after the other", async () => {
  const lock = join(home, "new", "set.lock");
  const log: string[] = [];
  const work = (name: string) =>
    oneAtATime(lock, signal, async () => {
      log.push(`${name} begins`);
      await delay(50);
      log.push(`${name} ends`);
      return name;
    });
  expect(await Promise.all([work("a"), work("b")])).toEqual(["a", "b"]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  expect(existsSync(lock)).toBe(false);
});

test("what a killed process left is passed over, and work that fails lets go", async () => {
  const lock = join(home, "left.lock");
  // A process that has ended: its number is no one's.
  writeFileSync(lock, String(spawnSync(process.execPath, ["--version"]).pid));
  await expect(oneAtATime(lock, signal, () => Promise.reject(new Error("no space")))).rejects.toThrow("no space");
  expect(existsSync(lock)).toBe(false);
});

test("waiting ends with the signal, and the lock stays its holder's", async () => {
  const lock = join(home, "held.lock");
  writeFileSync(lock, String(process.pid));
  const stop = new AbortController();
  const waiting = oneAtATime(lock, stop.signal, () => Promise.resolve(expect.fail("the lock was held")));
  stop.abort();
  await expect(waiting).rejects.toThrow();
  expect(existsSync(lock)).toBe(true);
});
