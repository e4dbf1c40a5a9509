import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../src/config.js";
import { validateConfig, withAbsolutePaths } from "../src/config.js";
import { writePhantomSet } from "../src/run/phantom-set.js";

/** A folder of its own with a few small phantoms, and the smallest settings that train on them. */
export async function makeTrainingSet(scans = 4): Promise<{
  home: string;
  at: (name: string) => string;
  config: (values?: Record<string, unknown>) => Config;
  remove: () => void;
}> {
  const home = mkdtempSync(join(tmpdir(), "training-"));
  await writePhantomSet({ out: join(home, "phantoms"), scans, seed: 3, size: [32, 32, 32], spacingMm: [2, 2, 2], difficulty: "easy" });
  return {
    home,
    at: (name) => join(home, name),
    config: (values = {}) => withAbsolutePaths(validateConfig(tinySettings(values), "tiny.yaml"), home),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** The settings as a file would have them; `values` are sections to merge. */
export function tinySettings(values: Record<string, unknown> = {}): Record<string, unknown> {
  const settings: Record<string, unknown> = {
    method: "supervised",
    data: { root: "phantoms", labeled: 2, unlabeled: 1, test: 1 },
    preprocessing: { spacingMm: 2, lungMask: false },
    network: { channels: [4, 8], pyramidChannels: 8, groups: 2, levels: [{ stride: 4, anchorsMm: [8, 12] }] },
    training: { steps: 6, patch: 16, labeledBatch: 2, unlabeledBatch: 1, checkpointEvery: 2 },
    focalmix: { views: 2, supervisedUntil: 0.2, rampOver: 0.2 },
    detection: { patch: 16 },
  };
  for (const [name, value] of Object.entries(values))
    settings[name] = typeof value === "object" ? { ...(settings[name] as object), ...value } : value;
  return settings;
}
