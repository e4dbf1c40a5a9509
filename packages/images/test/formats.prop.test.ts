import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isImageSetError, parseMedMnist, parseSvhn } from "../src/index.js";

const file = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(import.meta.dirname, "fixtures", name)));
const tagOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isImageSetError(error)) return error.tag;
    throw error;
  }
  return "read";
};

test("any change of a byte of an SVHN file gives images or our error", () => {
  const names = ["compressed.mat", "plain.mat", "big-endian.mat"] as const;
  const files = names.map((name) => file(`svhn/${name}`));
  fc.assert(
    fc.property(
      fc.nat(2),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(255),
      fc.boolean(),
      (which, at, value, cut) => {
        const source = files[which]!;
        // Most of a file is pixels; its headers are what can go wrong.
        const place = Math.floor((at < 0.8 ? (at / 0.8) * 300 : at * source.length) % source.length);
        const bytes = cut ? source.slice(0, place) : source.slice();
        if (!cut) bytes[place] = value;
        if (tagOf(() => parseSvhn(bytes)) === "read") expect(parseSvhn(bytes).shape.slice(1)).toEqual([32, 32, 3]);
      },
    ),
    { numRuns: 400 },
  );
});

test("any change of a byte of a MedMNIST file gives images or our error", () => {
  const source = file("medmnist/gray.npz");
  fc.assert(
    fc.property(fc.nat(source.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
      const bytes = cut ? source.slice(0, at) : source.slice();
      if (!cut) bytes[at] = value;
      tagOf(() => parseMedMnist(bytes));
    }),
    { numRuns: 400 },
  );
});
