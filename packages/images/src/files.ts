import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { imageSetError } from "./image-set-error.js";

/** What a reader may be told. */
export interface ReadOptions {
  /** The largest file that is read, in bytes after decompression (default 2 GiB − 1). */
  maxBytes?: number;
}

/** The content of a file; a gzip file (by its first bytes, not its name) is decompressed. */
export function readBytes(path: string, options: ReadOptions = {}): Uint8Array {
  const { maxBytes = 2 ** 31 - 1 } = options;
  if (!existsSync(path)) throw imageSetError("NotFound", path, "it does not exist");
  const stats = statSync(path);
  if (stats.isDirectory()) throw imageSetError("NotFound", path, "it is a folder where a file was expected");
  if (stats.size > maxBytes) throw imageSetError("TooLarge", path, `it has ${stats.size} bytes, at most ${maxBytes} are read`);
  const bytes = readFileSync(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "ERR_BUFFER_TOO_LARGE")
      throw imageSetError("TooLarge", path, `it has more than ${maxBytes} bytes when decompressed`, cause);
    if (code === "Z_BUF_ERROR") throw imageSetError("Truncated", path, "its compressed bytes are cut off", cause);
    throw imageSetError("Corrupt", path, "its compressed bytes do not decode", cause);
  }
}

/** Writes a file under a temporary name and renames it, so that the path never holds a part; a name that ends in `.gz` is compressed. */
export function writeBytes(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, path.endsWith(".gz") ? gzipSync(bytes) : bytes);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The first of the names that is in the folder, compressed or not. */
export function findFile(folder: string, names: readonly string[], options: { compressed?: boolean } = {}): string {
  const { compressed = true } = options;
  const candidates = names.flatMap((name) => [join(folder, name), ...(compressed ? [join(folder, `${name}.gz`)] : [])]);
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw imageSetError("NotFound", folder, `it holds no file ${names.join(" or ")}${compressed ? " (or with .gz)" : ""}`);
  return found;
}

/** The names of classes, one a line; there must be as many as the set has classes. */
export function readClassNames(path: string, expected: number): string[] {
  const names = new TextDecoder()
    .decode(readBytes(path, { maxBytes: 2 ** 20 }))
    .split(/\r?\n/)
    .filter((name) => name !== "");
  if (names.length !== expected) throw imageSetError("Malformed", path, `it has ${names.length} names, the set has ${expected} classes`);
  return names;
}
