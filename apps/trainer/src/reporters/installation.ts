import type { InstallProgress } from "@gleaner/native";
import type { TextStream } from "../io.js";
import { createProgress, type Progress } from "./progress.js";

/** Shows an installation: a line with rate and time left for the phases that are counted in bytes, one line for each other thing it does. */
export function installReporter(stream: TextStream, now?: () => number): (progress: InstallProgress) => void {
  const lines = new Map<string, { progress: Progress; finished: boolean }>();
  let shown = "";
  return ({ phase, message, done, total }) => {
    if ((phase === "download" || phase === "extract") && done !== undefined && total !== undefined) {
      // Rounded apart, so that the last megabyte is not there before its last byte.
      const megabytes = Math.ceil(total / 1e6);
      const line = lines.get(phase) ?? {
        progress: createProgress(stream, { label: phase, total: megabytes, unit: "MB", ...(now && { now }) }),
        finished: false,
      };
      lines.set(phase, line);
      if (line.finished) return;
      line.finished = done >= total;
      if (line.finished) line.progress.finish();
      else line.progress.update(Math.floor(done / 1e6));
      return;
    }
    const text = `${phase}: ${message}`;
    if (text === shown) return;
    shown = text;
    stream.write(`${text}\n`);
  };
}
