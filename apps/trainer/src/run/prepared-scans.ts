import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { boundingBox, cropVolume, lungMask, orientVolume, resampleVolume, type Volume } from "@gleaner/volumes";
import { readVolume, writeVolume } from "@gleaner/volumes/node";
import type { Config } from "../config.js";
import type { Scan } from "./data-split.js";

/** A scan as the network's grid sees it: axes along LPS, resampled, cropped to the lungs; still in Hounsfield units with world coordinates. */
export interface PreparedScan {
  id: string;
  volume: Volume;
  /** 1 inside the lungs; absent where no mask was asked for. */
  lungs?: Volume;
}

type Preprocessing = Config["preprocessing"];

/** The folder of prepared scans: in `GLEANER_CACHE`, or in the user's cache folder. */
export const preparedFolder = (env: Record<string, string | undefined> = process.env): string =>
  join(env["GLEANER_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "gleaner"), "prepared");

export const spacingOf = ({ spacingMm }: Preprocessing): [number, number, number] =>
  typeof spacingMm === "number" ? [spacingMm, spacingMm, spacingMm] : spacingMm;

/** Reads and prepares one scan, or takes it from the cache; the key holds the settings and the source's path, size and time. */
export async function prepareScan(scan: Scan, settings: Preprocessing, folder: string): Promise<PreparedScan & { cached: boolean }> {
  const { size, mtimeMs } = statSync(scan.path);
  const { spacingMm, lungMask: masked, marginMm } = settings;
  const key = createHash("sha256")
    .update(JSON.stringify([1, scan.path, size, mtimeMs, spacingMm, masked, masked && marginMm]))
    .digest("hex")
    .slice(0, 24);
  const path = join(folder, `${key}.mha`);
  const maskPath = join(folder, `${key}.lungs.mha`);
  if (existsSync(path) && (!masked || existsSync(maskPath))) {
    return { id: scan.id, volume: await readVolume(path), ...(masked && { lungs: await readVolume(maskPath) }), cached: true };
  }
  const resampled = resampleVolume(orientVolume(await readVolume(scan.path)), { spacingMm: spacingOf(settings) });
  let volume = toInt16(resampled);
  let lungs: Volume | undefined;
  if (masked) {
    const mask = lungMask(volume);
    const box = boundingBox(mask);
    // A scan without lungs (a phantom block, a failed mask) is kept whole.
    if (box) {
      const margin = volume.spacingMm.map((spacing) => Math.round(marginMm / spacing));
      const start = box.start.map((s, axis) => Math.max(0, s - margin[axis]!)) as [number, number, number];
      const shape = box.start.map((s, axis) => Math.min(volume.shape[axis]!, s + box.shape[axis]! + margin[axis]!) - start[axis]!) as [
        number,
        number,
        number,
      ];
      volume = cropVolume(volume, { start, shape });
      lungs = cropVolume(mask, { start, shape });
    } else lungs = { ...mask, data: new Uint8Array(mask.data.length).fill(1) };
  }
  await mkdir(folder, { recursive: true });
  // The mask first: a cache entry is there when its volume is.
  if (lungs) await writeVolume(maskPath, lungs);
  await writeVolume(path, volume);
  return { id: scan.id, volume, ...(lungs && { lungs }), cached: false };
}

function toInt16(volume: Volume): Volume<Int16Array> {
  const data = new Int16Array(volume.data.length);
  for (let i = 0; i < data.length; i++) data[i] = Math.max(-32768, Math.min(32767, Math.round(volume.data[i]!)));
  return { ...volume, data };
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
