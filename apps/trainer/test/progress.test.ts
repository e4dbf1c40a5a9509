import { describe, expect, test } from "vitest";
import { createProgress, formatDuration, progressOnDemand } from "../src/reporters/progress.js";

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

  test("the speed is that of the last while, so that the time left follows work that slows down", () => {
    const { lines, stream } = recorded(false);
    let time = 0;
    const progress = createProgress(stream, { label: "train", total: 1000, unit: "steps", now: () => time });
    for (let done = 1; done <= 140; done++) {
      time += done <= 100 ? 100 : 1000;
      progress.update(done);
    }
    expect(lines.at(-1)).toBe("train 140/1000 steps, 1.0 steps/s, 14 min 20 s left\n");
  });

  test("on a terminal: one line that fits, without what is last where that is too long", () => {
    const { lines, stream } = recorded(true);
    let time = 0;
    const progress = createProgress(stream, { label: "train", total: 10, unit: "steps", now: () => time });
    time = 1000;
    progress.update(1, "x".repeat(100));
    progress.finish("loss 0.953");
    expect(lines).toEqual(["\r\u001b[Ktrain 1/10 steps, 1.0 steps/s, 9 s left", "\r\u001b[Ktrain: 10 steps in 1 s, loss 0.953", "\n"]);
  });

  test("quiet writes nothing", () => {
    const { lines, stream } = recorded(true);
    const progress = createProgress(stream, { label: "train", total: 10, unit: "steps", quiet: true });
    progress.update(5);
    progress.finish();
    expect(lines).toEqual([]);
  });
});

describe("progressOnDemand", () => {
  const work = (from: number, total: number, msEach: number): string => {
    const { lines, stream } = recorded(true);
    let time = 0;
    const report = progressOnDemand(stream, "supervised", "steps", () => time);
    for (let done = from + 1; done <= total; done++) {
      time += msEach;
      report(done, total, "loss 0.953");
    }
    expect(lines[0]).not.toMatch(/steps\/s/);
    return lines.at(-2)!.replace("\r\u001b[K", "");
  };

  test("the time of all pieces, although the first report comes after the first of them", () => {
    expect(work(0, 200, 315)).toBe("supervised: 200 steps in 1 min 3 s, loss 0.953");
    expect(work(0, 3, 5000)).toBe("supervised: 3 steps in 15 s, loss 0.953");
  });

  test("work that goes on says how much of it is new", () => {
    expect(work(12, 100, 250)).toBe("supervised: 100 steps, 88 of them now in 22 s, loss 0.953");
  });

  test("one piece: nothing was measured", () => {
    expect(work(0, 1, 5000)).toBe("supervised: 1 step, loss 0.953");
  });

  test("several pieces of work follow each other", () => {
    const { lines, stream } = recorded(false);
    let time = 0;
    const report = progressOnDemand(stream, "detect", "tiles", () => time);
    for (const total of [2, 3]) for (let done = 1; done <= total; done++, time += 1000) report(done, total);
    expect(lines).toEqual(["detect: 2 tiles in 2 s\n", "detect: 3 tiles in 3 s\n"]);
  });
});

test("formatDuration", () => {
  expect([0, 59_400, 60_000, 3_599_000, 7_440_000].map(formatDuration)).toEqual(["0 s", "59 s", "1 min 0 s", "59 min 59 s", "2 h 4 min"]);
});
