import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { loadNative } from "../src/index.js";
import { keepThreadsApart, threadTimes } from "../src/keep-apart.js";
import { paired, withEngine } from "./support/engine.js";

const processors = availableParallelism();
const readable = existsSync("/proc/self/schedstat");

test("the times of threads are there on Linux, and empty elsewhere", () => {
  const times = threadTimes();
  expect(times.has(process.pid)).toBe(readable);
  for (const time of times.values()) expect(time).toBeGreaterThanOrEqual(0);
});

test("nothing is done for one thread, fewer or more threads than processors, or where the system does not tell", () => {
  const times = new Map([[process.pid, 0]]);
  expect(keepThreadsApart("/nowhere", times, 1)).toBe(false);
  expect(keepThreadsApart("/nowhere", times, processors + 1)).toBe(false);
  expect(keepThreadsApart("/nowhere", new Map(), processors)).toBe(false);
});

describe.runIf(paired && readable && processors > 1)(withEngine(`${processors} threads`), () => {
  test("that compute have a processor each, and the others all of them", async () => {
    const maskOf = (id: string): string => /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync(`/proc/self/task/${id}/status`, "utf8"))![1]!;
    const all = maskOf(String(process.pid));
    const before = readdirSync("/proc/self/task");
    await loadNative({ threads: processors });
    const masks = readdirSync("/proc/self/task")
      .filter((id) => !before.includes(id))
      .map(maskOf)
      .filter((mask) => mask !== all);
    // With many processors the product that is used to find the threads is too small for all of them, and none is bound.
    if (processors <= 4) expect(new Set(masks).size).toBe(processors);
    expect([0, processors]).toContain(masks.length);
    for (const id of before) if (existsSync(`/proc/self/task/${id}`)) expect(maskOf(id)).toBe(all);
  });
});
