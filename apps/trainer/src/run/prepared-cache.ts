import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import type { Grid, Volume, VoxelArray } from "@gleaner/volumes";
import FileSystemStore from "@zarrita/storage/fs";
import { create, open, root, set, type Array as ZarrArray } from "zarrita";
import { z } from "zod";
import type { PreparedVolume } from "./prepare-volume.js";

// One prepared scan is one zarr v3 group, which any zarr reader opens:
//   zarr.json    the grid, what the scan was made of, and the length and CRC-32 of every other file
//   hu/          Hounsfield units, int16 or float32, in chunks of 64 x 64 x 64
//   lungs/       the mask of the lungs, uint8, where there is one

/** The prepared scan's arrays. */
export type ArrayName = "hu" | "lungs";

/** A prepared scan on disk, its chunks unread. */
export interface PreparedEntry {
  path: string;
  grid: Grid;
  dtype: "int16" | "float32";
  lungs: boolean;
  chunkShape: readonly [number, number, number];
  /** The voxels of one chunk, which at the far ends is longer than the scan. Rejects with a CacheFault for bytes that are not those written. */
  chunk(array: ArrayName, at: readonly [number, number, number]): Promise<VoxelArray>;
}

const cacheFault = (path: string, reason: string): Error =>
  Object.assign(new Error(`${path}: ${reason}`), { name: "CacheFault", tag: "CacheFault" });

/** Whether an error says that a prepared scan on disk is not what was written there. */
export const isCacheFault = (error: unknown): boolean => error instanceof Error && error.name === "CacheFault";

/** Half a MiB of 16-bit voxels: a patch of 64 voxels touches eight, and a scan has some hundred. */
const chunkEdge = 64;
const compressed = { name: "zstd", configuration: { level: 1, checksum: false } } as const;

const triple = z.tuple([z.number(), z.number(), z.number()]);
const count = z.int().min(1).max(65_536);
const about = z.object({
  shape: z.tuple([count, count, count]),
  spacingMm: triple,
  originMm: triple,
  direction: z.array(z.number()).length(9),
  dtype: z.enum(["int16", "float32"]),
  lungs: z.boolean(),
  // Of each file: its length in bytes and its CRC-32.
  files: z.record(z.string(), z.tuple([z.int().min(0), z.int().min(0)])),
});
const groupFile = z.object({ zarr_format: z.literal(3), node_type: z.literal("group"), attributes: z.object({ gleaner: about }) });

const chunkShapeOf = ({ shape }: Grid): [number, number, number] =>
  shape.map((length) => Math.min(chunkEdge, length)) as [number, number, number];

/**
 * Writes a prepared scan under a temporary name and renames it when it is whole; the same scan gives the same bytes. What another process has written
 * meanwhile stays, unless it is to be written `anew`, because its bytes are not those that were written.
 */
export async function writeEntry(
  path: string,
  prepared: PreparedVolume,
  origin: Record<string, unknown>,
  { anew = false }: { anew?: boolean } = {},
): Promise<void> {
  const { volume, lungs } = prepared;
  const { data, ...grid } = volume as Volume;
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const files = new Map<string, readonly [number, number]>();
  const disk = new FileSystemStore(temporary);
  const store = {
    get: disk.get.bind(disk),
    set(key: `/${string}`, value: Uint8Array) {
      files.set(key.slice(1), [value.length, crc32(value)]);
      return disk.set(key, value);
    },
  };
  try {
    await mkdir(temporary, { recursive: true });
    const dtype = data instanceof Float32Array ? "float32" : "int16";
    for (const [name, array, type] of [
      ["hu", data, dtype],
      ["lungs", lungs?.data, "uint8"],
    ] as const) {
      if (!array) continue;
      const [, height, width] = grid.shape;
      const target = await create(root(store).resolve(name), {
        shape: [...grid.shape],
        chunkShape: chunkShapeOf(grid),
        dtype: type,
        codecs: [{ name: "bytes", configuration: { endian: "little" } }, compressed],
        fillValue: 0,
        dimensionNames: ["z", "y", "x"],
      });
      await set(target as ZarrArray<"int16", typeof store>, null, {
        data: array as Int16Array<ArrayBuffer>,
        shape: [...grid.shape],
        stride: [height * width, width, 1],
      });
    }
    const sorted = Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    await create(root(disk), { attributes: { gleaner: { ...origin, ...grid, dtype, lungs: lungs !== undefined, files: sorted } } });
    if (anew || !(await openEntry(path))) await replaceFolder(temporary, path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Gives a folder its name. What had the name before, a broken entry, goes; another process that was faster has written the same. */
async function replaceFolder(temporary: string, path: string): Promise<void> {
  if (existsSync(path)) {
    const old = `${temporary}.old.tmp`;
    await rename(path, old).catch(() => {});
    await rm(old, { recursive: true, force: true });
  }
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

/**
 * Opens a prepared scan that was there a moment ago: one process takes a broken entry away before it puts the new one in its place, and between the two
 * another one finds nothing.
 */
export async function reopenEntry(path: string): Promise<PreparedEntry | undefined> {
  for (let tries = 0; tries < 50; tries++) {
    const entry = await openEntry(path);
    if (entry) return entry;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}

/** Opens a prepared scan; nothing where it is missing, or a file of it is missing or has another length than was written. */
export async function openEntry(path: string): Promise<PreparedEntry | undefined> {
  const group = await readGroup(path);
  if (!group) return undefined;
  const { files, dtype, lungs, ...rest } = group;
  const sizes = await Promise.all(
    Object.entries(files).map(([name, [bytes]]) =>
      stat(join(path, name)).then(
        ({ size }) => size === bytes,
        () => false,
      ),
    ),
  );
  if (sizes.includes(false)) return undefined;
  const disk = new FileSystemStore(path);
  const store = {
    async get(key: `/${string}`) {
      const expected = files[key.slice(1)];
      // Zarr's readers ask for files that other versions of the format have.
      if (!expected) return undefined;
      const bytes = await disk.get(key);
      if (!bytes || bytes.length !== expected[0] || crc32(bytes) !== expected[1]) throw cacheFault(path, `${key} is not what was written`);
      return bytes;
    },
  };
  const arrays = new Map<ArrayName, Promise<ZarrArray<"int16", typeof store>>>();
  const arrayOf = (name: ArrayName) => {
    const known = arrays.get(name) ?? (open.v3(root(store).resolve(name), { kind: "array" }) as Promise<ZarrArray<"int16", typeof store>>);
    arrays.set(name, known);
    return known;
  };
  const grid = rest as unknown as Grid;
  return {
    path,
    grid,
    dtype,
    lungs,
    chunkShape: chunkShapeOf(grid),
    async chunk(name, at) {
      const key = `${name}/c/${at.join("/")}`;
      // What zarr would fill in for a chunk that is not there would be taken for voxels.
      if (!files[key]) throw cacheFault(path, `it has no chunk ${key}`);
      return (await (await arrayOf(name)).getChunk([...at])).data;
    },
  };
}

async function readGroup(path: string): Promise<z.infer<typeof about> | undefined> {
  try {
    const found = groupFile.safeParse(JSON.parse(await readFile(join(path, "zarr.json"), "utf8")));
    return found.success && isComplete(found.data.attributes.gleaner) ? found.data.attributes.gleaner : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || ["ENOENT", "ENOTDIR"].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}

/** Whether every chunk of the arrays is listed, under names that stay in the folder. */
function isComplete({ files, lungs, ...grid }: z.infer<typeof about>): boolean {
  const chunkShape = chunkShapeOf(grid as unknown as Grid);
  const [depth, height, width] = grid.shape.map((length, axis) => Math.ceil(length / chunkShape[axis]!)) as [number, number, number];
  const each = depth * height * width + 1;
  return (
    Object.keys(files).length === each * (lungs ? 2 : 1) &&
    Object.keys(files).every((name) => /^(hu|lungs)\/(zarr\.json|c(\/\d+){3})$/.test(name))
  );
}
