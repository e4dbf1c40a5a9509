/** How far a loop is. */
export interface LoopProgress {
  /** Steps done, those before `from` included. */
  readonly done: number;
  readonly steps: number;
  /** Recent steps a second, without the time of `every`; the last twenty steps or so weigh most. */
  readonly stepsPerSecond: number;
  /** Seconds to the end at this rate, the time of `every` included. */
  readonly secondsLeft: number;
}

/** Work between steps, such as an evaluation or a checkpoint. */
export interface LoopTask {
  /** Runs when the number of steps done is a multiple of this, or when this says so of it (see `evaluationSteps`). */
  steps: number | ((done: number) => boolean);
  /** Also runs after the last step (default false). */
  atEnd?: boolean;
  run: (done: number) => void | Promise<void>;
}

export interface LoopOptions {
  /** The first step (default 0): the number of steps that an earlier run did. */
  from?: number;
  /** The number of steps of the whole run. */
  steps: number;
  /** One training step; `step` counts from `from` to `steps` − 1. */
  step: (step: number) => void | Promise<void>;
  /** Tasks in the order in which they run when several are due. */
  every?: readonly LoopTask[];
  /** Stops the loop after the step (and the tasks due then) that is being done. */
  signal?: AbortSignal;
  /** Called after each step. */
  onProgress?: (progress: LoopProgress) => void;
  /** Milliseconds; a test gives its own clock. */
  now?: () => number;
}

/** How a loop ended. */
export interface LoopResult {
  /** Steps done, those before `from` included: `from` of the run that continues. */
  readonly done: number;
  /** Whether it was stopped by the signal before the end. */
  readonly stopped: boolean;
}

// Long enough that the pause of a timer costs little, short enough that a key press or a click is noticed at once.
const yieldEveryMs = 50;
const smoothing = 0.9;

const check = (name: string, value: number, low: number): void => {
  if (!Number.isInteger(value) || value < low) throw new RangeError(`${name} must be an integer of at least ${low}, got ${value}`);
};

/**
 * Runs training steps: yields to the event loop, so that signals and pages are served, measures the rate, runs what is due between steps,
 * and stops cleanly on a signal. What is due depends on the number of the step alone, so a run continued with `from` does the same.
 *
 * @returns when all steps are done or the signal stopped it; an error of a step, a task or `onProgress` ends the loop and is passed on
 * @throws RangeError if a count is no integer in its range
 *
 * @example
 * ```ts
 * import { runLoop } from "@gleaner/training";
 * const seen: string[] = [];
 * await runLoop({
 *   steps: 4,
 *   step: (k) => void seen.push(`step ${k}`),
 *   every: [{ steps: 2, run: (done) => void seen.push(`${done} done`) }],
 * }); // => { done: 4, stopped: false }
 * seen; // => ["step 0", "step 1", "2 done", "step 2", "step 3", "4 done"]
 * ```
 */
export async function runLoop(options: LoopOptions): Promise<LoopResult> {
  const { from = 0, steps, step, every = [], signal, onProgress, now = () => performance.now() } = options;
  check("the first step, from,", from, 0);
  check("steps", steps, 0);
  for (const task of every) if (typeof task.steps !== "function") check("steps of a task", task.steps, 1);

  let done = from;
  let lastYield = now();
  // Sums of times and of their weights, so that the mean is right from the first step on.
  let stepMs = 0;
  let weight = 0;
  let taskMs = 0;
  while (done < steps && !signal?.aborted) {
    const started = now();
    await step(done);
    done++;
    const stepped = now();
    stepMs = smoothing * stepMs + (stepped - started);
    weight = smoothing * weight + 1;
    for (const task of every) {
      const due = typeof task.steps === "function" ? task.steps(done) : done % task.steps === 0;
      if (due || (task.atEnd === true && done === steps)) await task.run(done);
    }
    const finished = now();
    taskMs += finished - stepped;
    if (onProgress) {
      const msPerStep = stepMs / weight;
      const msPerStepInAll = msPerStep + taskMs / (done - from);
      onProgress({ done, steps, stepsPerSecond: 1000 / msPerStep, secondsLeft: ((steps - done) * msPerStepInAll) / 1000 });
    }
    if (finished - lastYield >= yieldEveryMs) {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      lastYield = now();
    }
  }
  return { done, stopped: done < steps };
}
