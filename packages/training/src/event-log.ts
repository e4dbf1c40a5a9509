import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { checkpointError } from "./checkpoint-error.js";
import { replaceFile } from "./checkpoint-file.js";

/** One line of the log. `step`, where it is there, says how many steps were done. */
export interface LogEvent {
  readonly step?: number;
  readonly [key: string]: unknown;
}

/** A log that is being written. */
export interface EventLog {
  /** Writes one event as one line; it is with the operating system when this returns. JSON has no NaN or infinity: they become null. */
  append(event: LogEvent): void;
  close(): void;
}

export interface EventLogOptions {
  /** What is done with a log that is there: its events up to this step stay and the later ones go (a resumed run); without it all stay. */
  resumeAtStep?: number;
}

/**
 * Opens a log of events, one JSON object a line (JSON Lines), for appending. A last line that a killed run left half-written is removed.
 *
 * @throws TypeError from `append` if the event is not an object; CheckpointError if there is a file that is no such log; the file system's
 *   error
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { createEventLog, readEventLog } from "@gleaner/training/node";
 * const path = join(mkdtempSync(join(tmpdir(), "run-")), "events.jsonl");
 * const log = createEventLog(path);
 * for (const step of [1, 2, 3]) log.append({ step, loss: 1 / step });
 * log.close();
 * createEventLog(path, { resumeAtStep: 2 }).close();
 * readEventLog(path); // => [{ step: 1, loss: 1 }, { step: 2, loss: 0.5 }]
 * ```
 */
export function createEventLog(path: string, options: EventLogOptions = {}): EventLog {
  const { resumeAtStep = Number.POSITIVE_INFINITY } = options;
  if (existsSync(path)) {
    const kept = readEventLog(path).filter(({ step }) => !(typeof step === "number" && step > resumeAtStep));
    const text = kept.map((event) => `${JSON.stringify(event)}\n`).join("");
    if (text !== readFileSync(path, "utf8")) replaceFile(path, new TextEncoder().encode(text));
  }
  const file = openSync(path, "a");
  return {
    append(event) {
      if (typeof event !== "object" || event === null || Array.isArray(event))
        throw new TypeError(`an event must be an object, got ${JSON.stringify(event)}`);
      const bytes = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    },
    close: () => closeSync(file),
  };
}

/**
 * Reads a log of events. A last line without its end, as a killed run leaves it, is left out.
 *
 * @param options `maxBytes`: the largest file that is read (default 512 MiB)
 * @returns the events in their order; of an empty file none
 * @throws CheckpointError naming the line that is not a JSON object; the file system's error
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readEventLog } from "@gleaner/training/node";
 * const path = join(mkdtempSync(join(tmpdir(), "run-")), "events.jsonl");
 * writeFileSync(path, '{"step":1}\n{"step":2,"lo');
 * readEventLog(path); // => [{ step: 1 }]
 * ```
 */
export function readEventLog(path: string, options: { maxBytes?: number } = {}): LogEvent[] {
  const { maxBytes = 2 ** 29 } = options;
  const { size } = statSync(path);
  if (size > maxBytes) throw checkpointError("TooLarge", `the log has ${size} bytes, at most ${maxBytes} are read`, { path });
  // What follows the last line end is empty or half-written.
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch (cause) {
      throw checkpointError("Corrupt", `line ${i + 1} of the log is not JSON`, { path, cause });
    }
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      throw checkpointError("Corrupt", `line ${i + 1} of the log is not a JSON object`, { path });
    }
    return [event as LogEvent];
  });
}
