import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { strToU8, zipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { isNativeError } from "../src/errors.js";
import { extractWheel, parseRecord } from "../src/extract-wheel.js";
import { makeWheel } from "./support/wheel.js";

describe("a wheel", () => {
  const folder = mkdtempSync(join(tmpdir(), "gleaner-wheel-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const write = (bytes: Uint8Array): string => {
    const path = join(folder, `${count++}.whl`);
    writeFileSync(path, bytes);
    return path;
  };
  const place = (name: string): string | undefined => (name.startsWith("kept/") ? name.slice(5) : undefined);
  const extract = (bytes: Uint8Array, destination = join(folder, `out-${count}`)) => extractWheel(write(bytes), destination, { place });

  test("gives the files that are asked for, with their hashes, and its metadata", async () => {
    const seen: number[] = [];
    const out = join(folder, "whole");
    const { files, metadata } = await extractWheel(write(makeWheel({ "kept/a/b.txt": "abc", "left/out.txt": "no" })), out, {
      place,
      onProgress: (done, total) => seen.push(done / total),
    });
    expect(files).toEqual([{ path: "a/b.txt", bytes: 3, sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }]);
    expect(readFileSync(join(out, "a/b.txt"), "utf8")).toBe("abc");
    expect(metadata).toContain("Version: 2.21.0");
    expect(seen.at(-1)).toBe(1);
  });

  test.each([
    ["is no zip", strToU8("not a zip archive at all"), /cannot be read as a zip archive/],
    ["has no RECORD", zipSync({ "kept/a": strToU8("a") }), /has no RECORD/],
    [
      "has another hash than its RECORD says",
      makeWheel({ "kept/a": "a" }, (path, line) => (path === "kept/a" ? line.replace(/sha256=.{43}/, `sha256=${"A".repeat(43)}`) : line)),
      /kept\/a with a SHA-256 other than/,
    ],
    [
      "has another size than its RECORD says",
      makeWheel({ "kept/a": "a" }, (path, line) => (path === "kept/a" ? line.replace(/,1$/, ",7") : line)),
      /kept\/a with 1 bytes where its RECORD says 7/,
    ],
    [
      "has a file that its RECORD leaves out",
      makeWheel({ "kept/a": "a" }, (path, line) => (path === "kept/a" ? undefined : line)),
      /which its RECORD does not list/,
    ],
    ["names a file above its folder", makeWheel({ "kept/../../../escaped": "a" }), /is damaged \(invalid relative path/],
  ])("that %s is refused in one sentence", async (_, bytes, message) => {
    const error = await extract(bytes).catch((e) => e);
    expect(isNativeError(error, "bad-wheel")).toBe(true);
    expect(error.message).toMatch(message);
  });

  test("stops when it is told to", async () => {
    const stop = AbortSignal.abort(new Error("enough"));
    await expect(extractWheel(write(makeWheel({ "kept/a": "a" })), join(folder, "stopped"), { place, signal: stop })).rejects.toThrow(
      "enough",
    );
  });

  test("with any bytes changed gives the right files or an error of ours", async () => {
    const whole = makeWheel({ "kept/a": "some text that is long enough to be hit", "kept/b": "more" });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.integer({ min: 1, max: whole.length }), async (at, value, length) => {
        const bytes = whole.slice(0, length);
        if (at < length) bytes[at] = value;
        const out = join(folder, `fuzz-${count}`);
        const result = await extract(bytes, out).catch((error) => error);
        if (isNativeError(result, "bad-wheel")) return;
        for (const { path, bytes: size } of result.files) expect(readFileSync(join(out, path)).length).toBe(size);
        const names = result.files.map((file: { path: string }) => file.path).sort();
        // Only a name itself can change unseen, and then the file is left out.
        expect(["a", "b"]).toEqual(expect.arrayContaining(names));
      }),
      { numRuns: 200 },
    );
    expect((await readdir(tmpdir())).includes("escaped")).toBe(false);
  });

  test("RECORD lines may be quoted, and lines without a hash are no files", () => {
    const hash = "A".repeat(43);
    const record = parseRecord(`"a,""b"".txt",sha256=${hash}=,12\nRECORD,,\nplain,sha256=${hash},0\n`);
    expect([...record.keys()]).toEqual(['a,"b".txt', "plain"]);
    expect(record.get("plain")).toEqual({ sha256: "0".repeat(64), bytes: 0 });
  });
});
