import { type FileHandle, open } from "node:fs/promises";
import { attempt } from "./node-errors.js";

/** The system is asked for this much at once; more than 2 GiB it does not give. */
const readBytes = 2 ** 26;

/** Some bytes of a file, or as many as there are. */
export async function readPart(path: string, start: number, length: number): Promise<Uint8Array> {
  return attempt(path, async () => {
    const file = await open(path);
    try {
      return await readAt(file, start, length);
    } finally {
      await file.close();
    }
  });
}

/** Reads into memory that is there; returns how many bytes there were. */
export async function readInto(path: string, start: number, out: Uint8Array): Promise<number> {
  return attempt(path, async () => {
    const file = await open(path);
    try {
      return await fillFrom(file, start, out);
    } finally {
      await file.close();
    }
  });
}

/** Some bytes of an open file, or as many as there are. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
  return bytes.subarray(0, await fillFrom(file, position, bytes));
}

async function fillFrom(file: FileHandle, position: number, out: Uint8Array): Promise<number> {
  let at = 0;
  while (at < out.length) {
    const { bytesRead } = await file.read(out, at, Math.min(out.length - at, readBytes), position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
