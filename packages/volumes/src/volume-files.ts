import { volumeError } from "./errors.js";

/** The bytes of a file. */
export type FileBytes = Uint8Array | ArrayBuffer;

/** What is used of a browser's `Blob` or `File`, so that types need no DOM. */
export interface BlobLike {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
  /** A `File` has a name, and one from a folder its path below the folder. */
  readonly name?: string;
  readonly webkitRelativePath?: string;
}

/** Files by name, as a browser gets them from a file input; names may hold folders, with slashes. */
export type VolumeFiles = Readonly<Record<string, Uint8Array>>;

/** Bytes of one file or several: alone, in a list, or by name. */
export type VolumeInput = FileBytes | readonly FileBytes[] | Readonly<Record<string, FileBytes>>;

/** Files of a browser, or bytes: alone, in a list, or by name. */
export type VolumeFileInput = FileBytes | BlobLike | Iterable<FileBytes | BlobLike> | Readonly<Record<string, FileBytes | BlobLike>>;

/** Tells by fields and not by class, so that what another realm made is known too. */
const isBytes = (value: unknown): value is FileBytes =>
  ArrayBuffer.isView(value) || ["ArrayBuffer", "SharedArrayBuffer"].includes(Object.prototype.toString.call(value).slice(8, -1));

const isBlob = (value: unknown): value is BlobLike =>
  typeof value === "object" && value !== null && typeof (value as BlobLike).arrayBuffer === "function" && !isBytes(value);

const bytesOf = (value: FileBytes): Uint8Array =>
  ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);

/** Bytes of one file or several by name; those without names are numbered, and one alone is "volume". Throws a TypeError for anything else. */
export function namedBytes(input: VolumeInput): VolumeFiles {
  return Object.fromEntries(
    named(input).map(([name, value]) => {
      if (!isBytes(value)) throw new TypeError(`parseVolume: ${name} is ${kindOf(value)}, expected a Uint8Array or an ArrayBuffer`);
      return [name, bytesOf(value)];
    }),
  );
}

/** Files of a browser, unread, or bytes by name. Throws a TypeError for anything else, which names the function `who` that was called. */
export function namedFiles(input: VolumeFileInput, who: string): [string, Uint8Array | BlobLike][] {
  return named(input).map(([name, value]) => {
    if (!isBytes(value) && !isBlob(value))
      throw new TypeError(`${who}: ${name} is ${kindOf(value)}, expected a File, a Blob, a Uint8Array or an ArrayBuffer`);
    return [name, isBytes(value) ? bytesOf(value) : value];
  });
}

/** Files of a browser or bytes, read whole, by name; together at most `maxBytes`. */
export async function namedFileBytes(input: VolumeFileInput, maxBytes: number): Promise<VolumeFiles> {
  const entries = namedFiles(input, "parseVolumeFiles");
  const total = entries.reduce((sum, [, value]) => sum + (isBytes(value) ? value.byteLength : value.size), 0);
  if (total > maxBytes)
    throw volumeError("TooLarge", entries[0]![0], `the files have ${total} bytes together, the limit is ${maxBytes} bytes`);
  const files: [string, Uint8Array][] = [];
  for (const [name, value] of entries) {
    try {
      files.push([name, isBytes(value) ? value : new Uint8Array(await value.arrayBuffer())]);
    } catch (cause) {
      throw volumeError("Unreadable", name, `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
    }
  }
  return Object.fromEntries(files);
}

function named(input: unknown): [string, unknown][] {
  if (isBytes(input)) return [["volume", input]];
  if (isBlob(input)) return [[nameOf(input) ?? "volume", input]];
  if (typeof input !== "object" || input === null)
    throw new TypeError(`the files are ${kindOf(input)}, expected bytes, files, or a list or record of them`);
  if (Symbol.iterator in input) {
    const values = [...(input as Iterable<unknown>)];
    return values.map((value, i) => [(isBlob(value) && nameOf(value)) || String(i), value]);
  }
  return Object.entries(input);
}

const nameOf = ({ webkitRelativePath, name }: BlobLike): string | undefined => webkitRelativePath || name || undefined;

const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "an array" : `of type ${typeof value}`);
