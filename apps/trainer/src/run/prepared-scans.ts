import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { defaultCacheFolder } from "@gleaner/native";
import type { Grid, Region, Volume } from "@gleaner/volumes";
import { readDicom, readVolume } from "@gleaner/volumes/node";
import type { Scan } from "./data-split.js";
import { sourceOf } from "./prepare-source.js";
import { type Preprocessing, prepareVolume, spacingOf } from "./prepare-volume.js";
import { type ArrayName, isCacheFault, openEntry, type PreparedEntry, reopenEntry, writeEntry } from "./prepared-cache.js";
import { cutRegion } from "./prepared-region.js";

/** A scan as the network's grid sees it: axes along LPS, resampled, cropped to the lungs; still in Hounsfield units with world coordinates. */
export interface PreparedScan {
  id: string;
  volume: Volume;
  /** 1 inside the lungs; absent where no mask was asked for. */
  lungs?: Volume;
}

/** A prepared scan of which only the chunks that a region touches are read. */
export interface OpenedScan {
  id: string;
  grid: Grid;
  /** The voxels of a region in Hounsfield units; what lies outside of the scan is `fill`. */
  cut(region: Region, fill: number): Promise<Volume>;
}

/** The folder of prepared scans, in the cache that native engines share: `GLEANER_CACHE`, else `~/.cache/gleaner`. */
export const preparedFolder = (env: Record<string, string | undefined> = process.env): string => join(defaultCacheFolder(env), "prepared");

// A part of every key: another number when the same scan and settings give other voxels or other files than before.
const version = 3;

/** Where scans that were prepared with some settings lie. */
export function settingsFolder(settings: Preprocessing, folder: string): string {
  const { lungMask, marginMm } = settings;
  const key = JSON.stringify([version, spacingOf(settings), lungMask, lungMask && marginMm]);
  return join(folder, createHash("sha256").update(key).digest("hex").slice(0, 16));
}

/** A prepared scan in the cache. */
export interface CachedScan {
  entry: PreparedEntry;
  /** Whether it was there. */
  cached: boolean;
}

/** The prepared scan of the cache, if the source's files are known to be those that it was made of, without reading them. */
export async function findPrepared(scan: Scan, settings: Preprocessing, folder: string): Promise<PreparedEntry | undefined> {
  const source = await sourceOf(scan, folder, { hash: false });
  return source && openEntry(entryPath(scan, source.checksum, settings, folder));
}

/** The prepared scan of the cache; read, prepared and written where there is none of the source's contents and the settings, or `anew` is asked for. */
export async function ensurePrepared(
  scan: Scan,
  settings: Preprocessing,
  folder: string,
  { anew = false }: { anew?: boolean } = {},
): Promise<CachedScan> {
  const { checksum, checkUnchanged } = await sourceOf(scan, folder);
  const path = entryPath(scan, checksum, settings, folder);
  const known = anew ? undefined : await openEntry(path);
  if (known) return { entry: known, cached: true };
  const prepared = prepareVolume(await readScan(scan), settings, scan.path);
  await checkUnchanged();
  await mkdir(settingsFolder(settings, folder), { recursive: true });
  const origin = { version, source: checksum, ...(scan.series !== undefined && { series: scan.series }) };
  await writeEntry(path, prepared, origin, { anew });
  const entry = await reopenEntry(path);
  if (!entry) throw Object.assign(new Error(`${path} cannot be read back`), { code: "EIO", path });
  return { entry, cached: false };
}

function entryPath(scan: Scan, checksum: string, settings: Preprocessing, folder: string): string {
  const name =
    scan.series === undefined
      ? checksum
      : createHash("sha256")
          .update(JSON.stringify([checksum, scan.series]))
          .digest("hex");
  return join(settingsFolder(settings, folder), name.slice(0, 32));
}

async function readScan({ path, files, series }: Scan): Promise<Volume> {
  const options = series === undefined ? {} : { series };
  return files ? (await readDicom(files, options)).volume : readVolume(path, options);
}

/**
 * Reads from a prepared scan. Bytes that are not what was written are made anew; where another process or thread is doing that just now, they are read
 * again first.
 */
async function readMended<T>(
  scan: Scan,
  settings: Preprocessing,
  folder: string,
  first: CachedScan,
  read: (cached: CachedScan) => Promise<T>,
): Promise<T> {
  let found = first;
  for (let tries = 1; ; tries++) {
    try {
      return await read(found);
    } catch (error) {
      if (!isCacheFault(error) || tries === 12) throw error;
      found = await ensurePrepared(scan, settings, folder, { anew: tries % 2 === 1 });
    }
  }
}

/** Reads and prepares one scan, or takes it from the cache; the key holds the settings and the checksum of the source's files. */
export async function prepareScan(scan: Scan, settings: Preprocessing, folder: string): Promise<PreparedScan & { cached: boolean }> {
  const first = await ensurePrepared(scan, settings, folder);
  return readMended(scan, settings, folder, first, async (found) => ({
    id: scan.id,
    ...(await readWhole(found.entry)),
    cached: found.cached && found === first,
  }));
}

async function readWhole(entry: PreparedEntry): Promise<Omit<PreparedScan, "id">> {
  const { grid, lungs } = entry;
  const all: Region = { start: [0, 0, 0], shape: grid.shape };
  const read = (name: ArrayName) => cutRegion(entry, all, 0, (at) => entry.chunk(name, at));
  return { volume: await read("hu"), ...(lungs && { lungs: await read("lungs") }) };
}

/** Prepared scans by need, whole or in parts: what was used last stays in memory, up to a limit. */
export interface ScanStore {
  get(scan: Scan): Promise<PreparedScan>;
  open(scan: Scan): Promise<OpenedScan>;
}

export function createScanStore(settings: Preprocessing, folder: string, maxBytes = 4 * 2 ** 30): ScanStore {
  const held = createMemory(maxBytes);
  const entries = new Map<string, PreparedEntry>();
  const keyOf = ({ path, series = "" }: Scan): string => `${path}\n${series}`;
  const entryOf = async (scan: Scan): Promise<PreparedEntry> => {
    const entry = entries.get(keyOf(scan)) ?? (await ensurePrepared(scan, settings, folder)).entry;
    entries.set(keyOf(scan), entry);
    return entry;
  };
  const cutFrom = (entry: PreparedEntry, region: Region, fill: number): Promise<Volume> =>
    cutRegion(entry, region, fill, (at) =>
      held.get(
        `${entry.path}\n${at}`,
        () => entry.chunk("hu", at),
        (chunk) => chunk.byteLength,
      ),
    );
  return {
    get: (scan) =>
      held.get(
        keyOf(scan),
        () => prepareScan(scan, settings, folder),
        ({ volume, lungs }) => volume.data.byteLength + (lungs?.data.byteLength ?? 0),
      ),
    async open(scan) {
      const { grid } = await entryOf(scan);
      return {
        id: scan.id,
        grid,
        async cut(region, fill) {
          // A cache may be damaged while it is in use: the same scan gives the same voxels again.
          return readMended(scan, settings, folder, { entry: await entryOf(scan), cached: true }, ({ entry }) => {
            entries.set(keyOf(scan), entry);
            return cutFrom(entry, region, fill);
          });
        },
      };
    },
  };
}

/** Keeps what was used last, up to a number of bytes, and the last one whatever it takes. */
function createMemory(maxBytes: number) {
  const held = new Map<string, { value: unknown; bytes: number }>();
  let bytes = 0;
  return {
    async get<T>(key: string, make: () => Promise<T>, sizeOf: (value: T) => number): Promise<T> {
      const known = held.get(key);
      if (known) {
        // Put at the end: a Map keeps the order of insertion.
        held.delete(key);
        held.set(key, known);
        return known.value as T;
      }
      const value = await make();
      const size = sizeOf(value);
      bytes += size - (held.get(key)?.bytes ?? 0);
      held.set(key, { value, bytes: size });
      for (const [old, { bytes: freed }] of held) {
        if (bytes <= maxBytes || held.size === 1) break;
        held.delete(old);
        bytes -= freed;
      }
      return value;
    },
  };
}
