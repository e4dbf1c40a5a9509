import type { Io } from "../io.js";

/** The one JSON document of a command on standard output. NaN and infinities, which JSON lacks, become null. */
export function writeJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
