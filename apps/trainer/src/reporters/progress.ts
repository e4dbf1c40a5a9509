import type { TextStream } from "../io.js";

/** Shows how far a piece of work is. */
export interface Progress {
  /** `done` of the total are done; `note` (such as the loss) goes on the line. */
  update(done: number, note?: string): void;
  /** Ends the line with the time taken. */
  finish(note?: string): void;
}

interface ProgressOptions {
  label: string;
  total: number;
  /** What is counted, in the plural: "scans", "steps". */
  unit: string;
  /** How many were done before (a resumed run); they do not count as speed. */
  from?: number;
  /** How many were done when the clock started, if that was later. */
  timedFrom?: number;
  /** Milliseconds; a test gives its own clock. */
  now?: () => number;
  quiet?: boolean;
}

/** A duration for people: `8 s`, `3 min 5 s`, `2 h 4 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const formatRate = (perSecond: number, unit: string): string => {
  const rate = perSecond >= 1 ? ([perSecond, "s"] as const) : ([perSecond * 60, "min"] as const);
  return `${rate[0] >= 100 ? rate[0].toFixed(0) : rate[0].toPrecision(2)} ${unit}/${rate[1]}`;
};

/** The speed is that of the last while: work often gets slower or faster on its way. */
const speedWindowMs = 20_000;

/** On a terminal one line that updates itself; elsewhere a plain line every few seconds, so that logs stay readable. */
export function createProgress(
  stream: TextStream,
  { label, total, unit, from = 0, timedFrom = from, now = () => performance.now(), quiet = false }: ProgressOptions,
): Progress {
  const everyMs = stream.isTTY ? 100 : 5000;
  const start = now();
  let last = stream.isTTY ? Number.NEGATIVE_INFINITY : start;
  const reports = [{ time: start, done: timedFrom }];
  const speedAt = (time: number, done: number): number => {
    while (reports.length > 1 && reports[1]!.time <= time - speedWindowMs) reports.shift();
    reports.push({ time, done });
    const seconds = (time - reports[0]!.time) / 1000;
    return seconds > 0 ? (done - reports[0]!.done) / seconds : 0;
  };
  const show = (parts: readonly string[]): void => {
    if (!stream.isTTY) {
      stream.write(`${parts.join(", ")}\n`);
      return;
    }
    // A line that the terminal wraps could not be overwritten: what is last goes first.
    const width = Math.max(20, (stream.columns ?? 80) - 1);
    const kept = [...parts];
    while (kept.length > 1 && kept.join(", ").length > width) kept.pop();
    stream.write(`\r\u001b[K${kept.join(", ").slice(0, width)}`);
  };
  return {
    update(done, note = "") {
      const time = now();
      if (quiet || time - last < everyMs) return;
      last = time;
      const speed = speedAt(time, done);
      const parts = [`${label} ${done}/${total} ${unit}`];
      if (speed > 0) parts.push(formatRate(speed, unit));
      if (speed > 0 && done < total) parts.push(`${formatDuration(((total - done) / speed) * 1000)} left`);
      if (note) parts.push(note);
      show(parts);
    },
    finish(note = "") {
      if (quiet) return;
      const all = `${label}: ${total} ${total === 1 ? unit.replace(/s$/, "") : unit}`;
      const [here, timed] = [total - from, total - timedFrom];
      // The pieces before the clock started took about as long as those after.
      const took = timed > 0 ? ` in ${formatDuration(((now() - start) * here) / timed)}` : "";
      show([from === 0 ? `${all}${took}` : `${all}, ${here} of them now${took}`, ...(note ? [note] : [])]);
      if (stream.isTTY) stream.write("\n");
    },
  };
}

/** Progress of work that tells its own total: a line begins with the first report and ends when done reaches the total, so that several pieces may follow each other. */
export function progressOnDemand(
  stream: TextStream,
  label: string,
  unit: string,
  now?: () => number,
): (done: number, total: number, note?: string) => void {
  let current: Progress | undefined;
  return (done, total, note) => {
    // The first report comes with the first piece done, after the time that it took.
    current ??= createProgress(stream, { label, total, unit, from: Math.max(0, done - 1), timedFrom: done, ...(now && { now }) });
    if (done < total) return current.update(done, note);
    current.finish(note);
    current = undefined;
  };
}
