import { describe, expect, test } from "vitest";
import { createProgress, formatDuration } from "../src/reporters/progress.js";

const recorded = (isTTY: boolean) => {
  const lines: string[] = [];
  return { lines, stream: { write: (text: string) => lines.push(text), isTTY, columns: 60 } };
};

describe("createProgress", () => {
  test("off a terminal: a plain line every five seconds, with rate and time left", () => {
    const { lines, stream } = recorded(false);
    let time = 0;
    const progress = createProgress(stream, { label: "scans", total: 100, unit: "scans", now: () => time });
    for (let done = 1; done <= 100; done++) {
      time += 250;
      progress.update(done);
    }
    progress.finish();
    expect(lines).toEqual([
      "scans 20/100 scans, 4.0 scans/s, 20 s left\n",
      "scans 40/100 scans, 4.0 scans/s, 15 s left\n",
      "scans 60/100 scans, 4.0 scans/s, 10 s left\n",
      "scans 80/100 scans, 4.0 scans/s, 5 s left\n",
      "scans 100/100 scans, 4.0 scans/s\n",
      "scans: 100 scans in 25 s\n",
    ]);
  });

  test("what was done before the start is no speed", () => {
    const { lines, stream } = recorded(false);
    let time = 0;
    const progress = createProgress(stream, { label: "train", total: 1000, unit: "steps", from: 900, now: () => time });
    time = 10_000;
    progress.update(910, "loss 0.5");
    expect(lines).toEqual(["train 910/1000 steps, 1.0 steps/s, 1 min 30 s left, loss 0.5\n"]);
  });

  test("on a terminal: one line that fits", () => {
    const { lines, stream } = recorded(true);
    let time = 0;
    const progress = createProgress(stream, { label: "train", total: 10, unit: "steps", now: () => time });
    time = 1000;
    progress.update(1, "x".repeat(100));
    progress.finish();
    expect(lines[0]).toContain("\r\u001b[Ktrain 1/10 steps, ");
    expect(lines[0]!.length).toBeLessThan(60 + 4);
    expect(lines.at(-1)).toBe("\n");
  });

  test("quiet writes nothing", () => {
    const { lines, stream } = recorded(true);
    const progress = createProgress(stream, { label: "train", total: 10, unit: "steps", quiet: true });
    progress.update(5);
    progress.finish();
    expect(lines).toEqual([]);
  });
});

test("formatDuration", () => {
  expect([0, 59_400, 60_000, 3_599_000, 7_440_000].map(formatDuration)).toEqual(["0 s", "59 s", "1 min 0 s", "59 min 59 s", "2 h 4 min"]);
});
