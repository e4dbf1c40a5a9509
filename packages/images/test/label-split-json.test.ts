import { expect, test } from "vitest";
import { formatLabelSplit, parseLabelSplit, splitLabels } from "../src/index.js";

const labels = [0, 1, 0, 1, -1];
const saved = (changes: object): string =>
  JSON.stringify({
    ...JSON.parse(formatLabelSplit(splitLabels(labels, { classes: 2, labeled: 2, random: () => 0 }), { labels, classes: 2 })),
    ...changes,
  });

test("the checksum is FNV-1a as Python computes it", () => {
  // hash = 0x811c9dc5; for each byte of label.to_bytes(4, "little"): hash = ((hash ^ byte) * 0x01000193) & 0xffffffff
  for (const [values, checksum] of [
    [[0, 1, 0, 1], "e608e7e5"],
    [[], "811c9dc5"],
    [[3, -1, 300], "9a798739"],
  ] as const) {
    const none = { labeled: Int32Array.of(), unlabeled: Int32Array.of(), validation: Int32Array.of() };
    expect(JSON.parse(formatLabelSplit(none, { labels: values, classes: 301 })).checksum).toBe(checksum);
  }
});

test("a large pool is not written out", () => {
  const many = new Uint8Array(100_000).map((_, i) => i % 10);
  const json = formatLabelSplit(splitLabels(many, { classes: 10, labeled: 40, random: () => 0.5 }), { labels: many, classes: 10 });
  expect(json.length).toBeLessThan(500);
  expect(parseLabelSplit(json, { labels: many, classes: 10 }).unlabeled).toHaveLength(100_000);
});

test.each<[string, string]>([
  ["nonsense", "a saved split must be JSON"],
  ["[1]", "a saved split must be a JSON object"],
  ["null", "a saved split must be a JSON object"],
  ["{}", "with version 1, got undefined"],
  [saved({ images: 6 }), "with images 5, got 6"],
  [saved({ classes: 3 }), "with classes 2, got 3"],
  [saved({ version: 2 }), "with version 1, got 2"],
  [saved({ labeled: "x" }), "labeled of a saved split must be a list"],
  [saved({ labeled: [0.5] }), "labeled of a saved split must be a list"],
  [saved({ labeled: [2 ** 32] }), "below 2^31"],
  [saved({ labeled: [1, 0] }), "labeled must be ascending indices from 0 to 4, got 0 after 1"],
  [saved({ labeled: [1, 1] }), "got 1 after 1"],
  [saved({ validation: [7] }), "validation must be ascending indices from 0 to 4, got 7"],
  [saved({ validation: [0] }), "got 0 in both"],
  [saved({ labeled: [4] }), "image 4 has -1"],
  [saved({ labeled: [1], unlabeled: [0] }), "labeled image must be in the unlabeled pool too, 1 is not"],
  [saved({ labeled: [], unlabeled: [0, 2], validation: [2] }), "got 2 in both"],
  [saved({ labeled: Array(6).fill(0) }), "at most 5 indices"],
])("%s is refused", (json, message) => {
  const work = () => parseLabelSplit(json, { labels, classes: 2 });
  expect(work).toThrow(RangeError);
  expect(work).toThrow(message);
});
