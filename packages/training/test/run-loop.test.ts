import { expect, test } from "vitest";
import { type LoopProgress, runLoop } from "../src/index.js";

test("a run continued with `from` does what the whole one does", async () => {
  const run = async (from: number, steps: number, seen: string[]): Promise<unknown> =>
    runLoop({
      from,
      steps,
      step: async (k) => void seen.push(`${k}`),
      every: [
        { steps: 3, run: (done) => void seen.push(`a${done}`) },
        { steps: 4, atEnd: true, run: async (done) => void seen.push(`b${done}`) },
      ],
    });
  const whole: string[] = [];
  expect(await run(0, 10, whole)).toEqual({ done: 10, stopped: false });
  expect(whole).toEqual(["0", "1", "2", "a3", "3", "b4", "4", "5", "a6", "6", "7", "b8", "8", "a9", "9", "b10"]);
  const continued: string[] = [];
  const steps = 10;
  const stop = new AbortController();
  const first = await runLoop({
    steps,
    signal: stop.signal,
    step: (k) => void continued.push(`${k}`),
    every: [
      { steps: 3, run: (done) => void continued.push(`a${done}`) },
      {
        steps: 4,
        atEnd: true,
        run: (done) => {
          continued.push(`b${done}`);
          stop.abort();
        },
      },
    ],
  });
  expect(first).toEqual({ done: 4, stopped: true });
  await run(first.done, steps, continued);
  expect(continued).toEqual(whole);
});

test("nothing to do, and stopped before it starts", async () => {
  const never = (): never => {
    throw new Error("a step was run");
  };
  expect(await runLoop({ steps: 0, step: never })).toEqual({ done: 0, stopped: false });
  expect(await runLoop({ from: 5, steps: 5, step: never })).toEqual({ done: 5, stopped: false });
  expect(await runLoop({ steps: 3, step: never, signal: AbortSignal.abort() })).toEqual({ done: 0, stopped: true });
});

test("the rate is of recent steps, the time left counts the tasks too", async () => {
  let clock = 0;
  const seen: LoopProgress[] = [];
  await runLoop({
    steps: 200,
    now: () => clock,
    // The first step compiles; then 100 ms, and from step 100 on 50 ms.
    step: (k) => {
      clock += k === 0 ? 5000 : k < 100 ? 100 : 50;
    },
    every: [{ steps: 10, run: () => void (clock += 200) }],
    onProgress: (progress) => void seen.push(progress),
  });
  expect(seen).toHaveLength(200);
  expect(seen[0]).toMatchObject({ done: 1, steps: 200, stepsPerSecond: 0.2, secondsLeft: 995 });
  expect(seen[98]!.stepsPerSecond).toBeCloseTo(10, 1);
  expect(seen[98]!.secondsLeft).toBeCloseTo(101 * (0.1 + (9 * 0.2) / 99), 1);
  expect(seen[199]!.stepsPerSecond).toBeCloseTo(20, 1);
  expect(seen[199]!.secondsLeft).toBe(0);
});

test("yields to the event loop, so that a timer can stop it", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  const { stopped } = await runLoop({ steps: 1e9, step: () => {}, signal: stop.signal });
  expect(stopped).toBe(true);
});

test("errors of steps, tasks and progress come through; wrong counts are refused", async () => {
  const fail = (): never => {
    throw new Error("mine");
  };
  await expect(runLoop({ steps: 1, step: fail })).rejects.toThrow("mine");
  await expect(runLoop({ steps: 1, step: () => {}, every: [{ steps: 1, run: fail }] })).rejects.toThrow("mine");
  await expect(runLoop({ steps: 1, step: () => {}, onProgress: fail })).rejects.toThrow("mine");
  await expect(runLoop({ steps: 1.5, step: () => {} })).rejects.toThrow(RangeError);
  await expect(runLoop({ steps: 1, from: -1, step: () => {} })).rejects.toThrow(RangeError);
  await expect(runLoop({ steps: 1, step: () => {}, every: [{ steps: 0, run: () => {} }] })).rejects.toThrow(RangeError);
});
