import { existsSync, readFileSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import { explainError } from "../errors.js";
import type { Scan } from "./data-split.js";
import { defaultPrepareThreads, type PreparedFacts, type PrepareRecipe, scanPreparers } from "./prepare-threads.js";
import { findPrepared, settingsFolder } from "./prepared-scans.js";
import { writeWhole } from "./run-folder.js";

export interface PrepareOptions extends PrepareRecipe {
  /** How many scans are prepared at a time; what the machine has, up to 4, unless told. */
  threads?: number;
  /** Aborted: scans that are begun are finished, no other is. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number, failed: number) => void;
}

/** A scan that could not be prepared. */
interface FailedScan {
  scan: string;
  path: string;
  reason: string;
  error: Error;
}

export interface PrepareResult {
  /** Where the prepared scans of these settings lie. */
  folder: string;
  prepared: number;
  cached: number;
  /** In the order in which the scans were given. */
  failed: FailedScan[];
}

/** A look at a scan that is there waits for the file system, some hundred times. */
const looksAtOnce = 8;

/** What the index says of a scan. */
const indexLine = z.object({
  scan: z.string(),
  source: z.string(),
  series: z.string().optional(),
  /** The folder of its zarr group beside the index. */
  entry: z.string().regex(/^[0-9a-f]{32}$/),
  shape: z.array(z.number()),
  spacingMm: z.array(z.number()),
  dtype: z.string(),
});
type IndexLine = z.infer<typeof indexLine>;
const indexName = "index.jsonl";

/**
 * Prepares scans into the cache, several at a time; those that are there are kept, so that a call that was killed is gone on with by another.
 * A scan that cannot be prepared does not keep others from it. At the end the index of the cache says which scan is where.
 */
export async function prepareScans(scans: readonly Scan[], options: PrepareOptions): Promise<PrepareResult> {
  const { settings, folder, threads = defaultPrepareThreads(), signal, onProgress } = options;
  const home = settingsFolder(settings, folder);
  await removeLeftovers(home);
  const facts = new Map<number, PreparedFacts>();
  const failed = new Map<number, FailedScan>();
  const report = (): void => onProgress?.(facts.size + failed.size, scans.length, failed.size);
  // What is there is found without a thread.
  const unseen = scans.entries();
  await Promise.all(
    Array.from({ length: looksAtOnce }, async () => {
      for (const [i, scan] of unseen) {
        signal?.throwIfAborted();
        const entry = await findPrepared(scan, settings, folder).catch(() => undefined);
        if (!entry) continue;
        facts.set(i, { path: entry.path, shape: entry.grid.shape, spacingMm: entry.grid.spacingMm, dtype: entry.dtype, cached: true });
        report();
      }
    }),
  );
  const missing = [...scans.keys()].filter((i) => !facts.has(i));
  const { preparers, close } = scanPreparers(Math.min(threads, missing.length), { settings, folder });
  try {
    const queue = missing.values();
    await Promise.all(
      preparers.map(async (prepare) => {
        for (const i of queue) {
          if (signal?.aborted) return;
          const scan = scans[i]!;
          try {
            facts.set(i, await prepare(scan));
          } catch (error) {
            failed.set(i, { scan: scan.id, path: scan.path, reason: explainError(error).text, error: error as Error });
          }
          report();
        }
      }),
    );
  } finally {
    await close();
    if (facts.size > 0) writeIndex(home, scans, facts);
  }
  signal?.throwIfAborted();
  const cached = [...facts.values()].filter((each) => each.cached).length;
  const inOrder = [...failed].sort(([a], [b]) => a - b).map(([, failure]) => failure);
  return { folder: home, prepared: facts.size - cached, cached, failed: inOrder };
}

/** What calls that were killed have left half-written; a day old, so that it is of no call that is still at work. */
async function removeLeftovers(home: string): Promise<void> {
  const dayMs = 86_400_000;
  for (const name of existsSync(home) ? await readdir(home) : []) {
    if (!name.endsWith(".tmp")) continue;
    const path = join(home, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > dayMs) await rm(path, { recursive: true, force: true });
  }
}

/** One line a scan, in the order of their ids: those of former calls whose entries are still there, and those of this one. */
function writeIndex(home: string, scans: readonly Scan[], facts: ReadonlyMap<number, PreparedFacts>): void {
  const keyOf = ({ source, series = "" }: IndexLine): string => `${source}\n${series}`;
  const lines = new Map(readIndex(home).map((line) => [keyOf(line), line]));
  for (const [i, { path, shape, spacingMm, dtype }] of facts) {
    const { id, path: source, series } = scans[i]!;
    const entry = relative(home, path);
    const line = { scan: id, source, ...(series !== undefined && { series }), entry, shape: [...shape], spacingMm: [...spacingMm], dtype };
    lines.set(keyOf(line), line);
  }
  const sorted = [...lines.values()].sort((a, b) => (a.scan < b.scan ? -1 : a.scan > b.scan ? 1 : keyOf(a) < keyOf(b) ? -1 : 1));
  writeWhole(join(home, indexName), sorted.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** The index of prepared scans, without lines that are broken or whose entries are gone. */
function readIndex(home: string): IndexLine[] {
  const path = join(home, indexName);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text) => {
      const line = indexLine.safeParse(parsed(text));
      return line.success && existsSync(join(home, line.data.entry)) ? [line.data] : [];
    });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
