import type { TextStream } from "../io.js";

/** Shows how far a piece of work is. */
interface Progress {
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

/** On a terminal one line that updates itself; elsewhere a plain line every few seconds, so that logs stay readable. */
export function createProgress(
  stream: TextStream,
  { label, total, unit, from = 0, now = () => performance.now(), quiet = false }: ProgressOptions,
): Progress {
  const everyMs = stream.isTTY ? 100 : 5000;
  const start = now();
  let last = stream.isTTY ? Number.NEGATIVE_INFINITY : start;
  const line = (done: number, note: string): string => {
    const seconds = (now() - start) / 1000;
    const speed = seconds > 0 ? (done - from) / seconds : 0;
    const parts = [`${label} ${done}/${total} ${unit}`];
    if (speed > 0) parts.push(formatRate(speed, unit));
    if (speed > 0 && done < total) parts.push(`${formatDuration(((total - done) / speed) * 1000)} left`);
    if (note) parts.push(note);
    return parts.join(", ");
  };
  const show = (text: string): void => {
    if (stream.isTTY) stream.write(`\r\u001b[K${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
    else stream.write(`${text}\n`);
  };
  return {
    update(done, note = "") {
      if (quiet || now() - last < everyMs) return;
      last = now();
      show(line(done, note));
    },
    finish(note = "") {
      if (quiet) return;
      show([`${label}: ${total} ${unit} in ${formatDuration(now() - start)}`, note].filter(Boolean).join(", "));
      if (stream.isTTY) stream.write("\n");
    },
  };
}

/** Progress of work that tells its own total: a line begins with the first report and ends when done reaches the total, so that several pieces may follow each other. */
export function progressOnDemand(stream: TextStream, label: string, unit: string): (done: number, total: number, note?: string) => void {
  let current: Progress | undefined;
  return (done, total, note) => {
    current ??= createProgress(stream, { label, total, unit, from: Math.max(0, done - 1) });
    if (done < total) return current.update(done, note);
    current.finish(note);
    current = undefined;
  };
}
