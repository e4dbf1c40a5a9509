import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { defaultCacheFolder } from "@gleaner/native";
import { boundingBox, cropVolume, isVolumeError, lungMask, orientVolume, resampleVolume, type Volume } from "@gleaner/volumes";
import { readVolume, writeVolume } from "@gleaner/volumes/node";
import type { Config } from "../config.js";
import { inputError } from "../errors.js";
import type { Scan } from "./data-split.js";

/** A scan as the network's grid sees it: axes along LPS, resampled, cropped to the lungs; still in Hounsfield units with world coordinates. */
export interface PreparedScan {
  id: string;
  volume: Volume;
  /** 1 inside the lungs; absent where no mask was asked for. */
  lungs?: Volume;
}

type Preprocessing = Config["preprocessing"];

/** The folder of prepared scans, in the cache that native engines share: `GLEANER_CACHE`, else `~/.cache/gleaner`. */
export const preparedFolder = (env: Record<string, string | undefined> = process.env): string => join(defaultCacheFolder(env), "prepared");

export const spacingOf = ({ spacingMm }: Preprocessing): [number, number, number] =>
  typeof spacingMm === "number" ? [spacingMm, spacingMm, spacingMm] : spacingMm;

// A scan of a meter in each direction at 1 mm; a finer spacing by mistake would fill the memory.
const maxVoxels = 1e9;
const airHu = -1000;

/** Reads and prepares one scan, or takes it from the cache; the key holds the settings and the source's path, size and time. */
export async function prepareScan(scan: Scan, settings: Preprocessing, folder: string): Promise<PreparedScan & { cached: boolean }> {
  const { size, mtimeMs } = statSync(scan.path);
  const { spacingMm, lungMask: masked, marginMm } = settings;
  const key = createHash("sha256")
    .update(JSON.stringify([2, resolve(scan.path), size, mtimeMs, spacingMm, masked, masked && marginMm]))
    .digest("hex")
    .slice(0, 24);
  const path = join(folder, `${key}.mha`);
  const maskPath = join(folder, `${key}.lungs.mha`);
  const known = await readEntry(path, masked ? maskPath : undefined);
  if (known) return { id: scan.id, ...known, cached: true };

  const volume = resampled(await readVolume(scan.path), settings, scan.path);
  const prepared: Omit<PreparedScan, "id"> = masked ? croppedToLungs(volume, marginMm) : { volume };
  await mkdir(folder, { recursive: true });
  // The mask first: a cache entry is there when its volume is.
  if (prepared.lungs) await writeVolume(maskPath, prepared.lungs);
  await writeVolume(path, prepared.volume);
  return { id: scan.id, ...prepared, cached: false };
}

/** What the cache holds; nothing where an entry is missing or broken, which is then made anew. */
async function readEntry(path: string, maskPath: string | undefined): Promise<Omit<PreparedScan, "id"> | undefined> {
  if (!existsSync(path) || (maskPath !== undefined && !existsSync(maskPath))) return undefined;
  try {
    return { volume: await readVolume(path), ...(maskPath !== undefined && { lungs: await readVolume(maskPath) }) };
  } catch (error) {
    if (isVolumeError(error)) return undefined;
    throw error;
  }
}

function resampled(volume: Volume, settings: Preprocessing, path: string): Volume<Int16Array> {
  const oriented = orientVolume(volume);
  const spacingMm = spacingOf(settings);
  const shape = oriented.shape.map((n, axis) => Math.round((n * oriented.spacingMm[axis]!) / spacingMm[axis]!));
  if (shape[0]! * shape[1]! * shape[2]! > maxVoxels) {
    throw inputError(
      `${path}: preprocessing.spacingMm of ${spacingMm.join(", ")} makes ${shape.join(" x ")} voxels of it; expected at most ${maxVoxels}`,
    );
  }
  const { data, ...geometry } = resampleVolume(oriented, { spacingMm });
  const hu = new Int16Array(data.length);
  // Files of floats have NaN where the scanner saw nothing.
  for (let i = 0; i < hu.length; i++) hu[i] = Number.isNaN(data[i]!) ? airHu : Math.max(-32768, Math.min(32767, Math.round(data[i]!)));
  return { ...geometry, data: hu };
}

/** The box around the lungs with a margin; a scan in which no lungs are found (a block of lung, a failed mask) is kept whole. */
function croppedToLungs(volume: Volume, marginMm: number): { volume: Volume; lungs: Volume } {
  const mask = lungMask(volume);
  const box = boundingBox(mask);
  if (!box) return { volume, lungs: { ...mask, data: new Uint8Array(mask.data.length).fill(1) } };
  const [start, end] = [[], []] as [number[], number[]];
  for (const [axis, spacing] of volume.spacingMm.entries()) {
    const margin = Math.round(marginMm / spacing);
    start.push(Math.max(0, box.start[axis]! - margin));
    end.push(Math.min(volume.shape[axis]!, box.start[axis]! + box.shape[axis]! + margin));
  }
  const region = { start, shape: end.map((e, axis) => e - start[axis]!) } as unknown as Parameters<typeof cropVolume>[1];
  return { volume: cropVolume(volume, region), lungs: cropVolume(mask, region) };
}

/** Prepared scans by need: the ones used last stay in memory, up to a limit. */
export interface ScanStore {
  get(scan: Scan): Promise<PreparedScan>;
}

export function createScanStore(settings: Preprocessing, folder: string, maxBytes = 4 * 2 ** 30): ScanStore {
  const held = new Map<string, PreparedScan>();
  let bytes = 0;
  const sizeOf = (scan: PreparedScan): number => scan.volume.data.byteLength + (scan.lungs?.data.byteLength ?? 0);
  return {
    async get(scan) {
      const known = held.get(scan.path);
      if (known) {
        // Put at the end: a Map keeps the order of insertion.
        held.delete(scan.path);
        held.set(scan.path, known);
        return known;
      }
      const prepared = await prepareScan(scan, settings, folder);
      held.set(scan.path, prepared);
      bytes += sizeOf(prepared);
      for (const [path, old] of held) {
        if (bytes <= maxBytes || held.size === 1) break;
        held.delete(path);
        bytes -= sizeOf(old);
      }
      return prepared;
    },
  };
}
