import { main } from "./main.js";

const stop = new AbortController();
process.on("SIGINT", () => {
  // Once: the work stops at its next safe point. Twice: now.
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
  process.stderr.write("\ngleaner: stopping; press Ctrl-C again to stop at once\n");
});
// What schedulers and containers send before they kill.
process.on("SIGTERM", () => stop.abort());
// `gleaner … | head` closes the pipe early, which is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
// Set rather than exit, so that what is still in a pipe gets written.
process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: stop.signal,
});
