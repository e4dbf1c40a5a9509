import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeIdx } from "@gleaner/images/node";
import { createRandom } from "@gleaner/training";
import type { ClassificationConfig } from "../src/classification/schema.js";
import { validateAnyConfig } from "../src/config.js";

/** A folder of its own with a set of 8 × 8 images in MNIST's layout: three classes, a bright bar in the upper, middle or lower third with noise over it. */
export function makeImageSet({ train = 60, test = 30 } = {}) {
  const home = mkdtempSync(join(tmpdir(), "images-"));
  const folder = join(home, "set");
  mkdirSync(folder);
  const random = createRandom(5);
  for (const [part, count] of [
    ["train", train],
    ["t10k", test],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
    const data = new Uint8Array(count * 64);
    for (const [i, label] of labels.entries()) {
      for (let p = 0; p < 64; p++) {
        const row = Math.floor(p / 8);
        const bar = row >= 1 + 2 * label && row < 3 + 2 * label ? 150 : 0;
        data[64 * i + p] = bar + Math.floor(100 * random());
      }
    }
    writeIdx(join(folder, `${part}-images-idx3-ubyte.gz`), { shape: [count, 8, 8], data });
    writeIdx(join(folder, `${part}-labels-idx1-ubyte.gz`), { shape: [count], data: labels });
  }
  return {
    home,
    folder,
    at: (name: string) => join(home, name),
    config: (values: Record<string, unknown> = {}): ClassificationConfig =>
      validateAnyConfig(settings(folder, values), "tiny.yaml") as ClassificationConfig,
    settings: (values: Record<string, unknown> = {}) => settings(folder, values),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** The settings as a file would have them; `values` are sections to merge. */
function settings(path: string, values: Record<string, unknown>): Record<string, unknown> {
  const base: Record<string, unknown> = {
    task: "classification",
    method: "flexmatch",
    data: { path, labeled: 6 },
    augmentation: { flip: false },
    training: { steps: 6, labeledBatch: 3, unlabeledRatio: 2, checkpointEvery: 2 },
    evaluation: { protocol: "paper", every: 3 },
  };
  for (const [name, value] of Object.entries(values))
    base[name] = typeof value === "object" ? { ...(base[name] as object), ...value } : value;
  return base;
}
