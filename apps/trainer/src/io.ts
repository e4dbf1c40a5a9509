/** A stream as far as the command needs one; `process.stdout` is such a stream, a test gives its own. */
export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** All that a command touches of the process around it. */
export interface Io {
  stdout: TextStream;
  stderr: TextStream;
  env: Record<string, string | undefined>;
  /** Aborted by Ctrl-C: long work checks it and stops, leaving nothing half-written. */
  signal: AbortSignal;
}
