import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { beforeEach, describe, expect, test } from "vitest";
import { fetchDigits, readDigits } from "../src/node.js";

const data = process.env["GLEANER_DATA"] ?? "";
let home = "";
let destination = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "gleaner-fetch-"));
  destination = join(home, "data", "digits");
});

/** A program that stands for Python: it does what the lines say; `$dest` is where pip was asked to put the wheel. */
const python = (...lines: string[]): string => {
  const path = join(home, "python");
  const find = 'while [ $# -gt 0 ]; do [ "$1" = "--dest" ] && dest="$2"; shift; done';
  writeFileSync(path, ["#!/bin/sh", `echo "$*" > "${home}/call"`, find, ...lines, ""].join("\n"));
  chmodSync(path, 0o755);
  return path;
};
const wheelWith = (files: Record<string, Uint8Array>): string => {
  writeFileSync(join(home, "a.whl"), zipSync(files));
  return `cp "${home}/a.whl" "$dest/scikit_learn-1.9.1-cp311.whl"`;
};
const inWheel = "sklearn/datasets/data/digits.csv.gz";
const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => new Error("it was fetched"),
    (reason: Error) => reason,
  );
  expect(error.message).toMatch(/^[^\n]+$/);
  // Whatever went wrong, nothing is left behind.
  expect(existsSync(destination) ? readdirSync(destination) : []).toEqual([]);
  return error.message;
};

describe.runIf(process.platform !== "win32")("what goes wrong is said in one sentence", () => {
  test.each<[string, () => string, string]>([
    ["no Python", () => join(home, "none"), "none was found; install Python with pip, or name one by the option python"],
    ["no pip", () => python('echo "/usr/bin/python3: No module named pip" >&2', "exit 1"), "python has no pip; install it"],
    [
      "no network",
      () => python('echo "WARNING: Retrying after NewConnectionError" >&2', 'echo "ERROR: No matching distribution found" >&2', "exit 1"),
      "pip could not reach its package index (NewConnectionError); check the network",
    ],
    [
      "no wheel",
      () => python('echo "ERROR: No matching distribution found for scikit-learn" >&2', "exit 1"),
      "pip's package index has no wheel of scikit-learn for this Python",
    ],
    ["another failure", () => python('echo "ERROR: disk on fire" >&2', "exit 3"), "pip could not fetch scikit-learn: ERROR: disk on fire"],
    ["nothing downloaded", () => python("exit 0"), "pip ended without an error and left no wheel"],
    ["a wheel without the file", () => python(wheelWith({ "sklearn/x.py": new Uint8Array(9) })), `does not hold ${inWheel}`],
    ["a file that is no gzip", () => python(wheelWith({ [inWheel]: new Uint8Array(9) })), `${inWheel} does not decompress`],
    ["another content", () => python(wheelWith({ [inWheel]: gzipSync("0,0,0\n") })), "has another content than expected (SHA-256 6ebb3d2f"],
    [
      "a wheel that is no zip",
      () => python('echo "not a wheel, though it has some length" > "$dest/a.whl"'),
      "a wheel that does not unpack",
    ],
    ["a bomb", () => python(wheelWith({ [inWheel]: gzipSync(new Uint8Array(2 ** 23)) })), `${inWheel} does not decompress`],
  ])("%s", async (_, make, message) => {
    expect(await messageOf(fetchDigits(destination, { python: make() }))).toContain(message);
  });

  test("pip is asked for the wheel alone, and a signal stops it", async () => {
    const controller = new AbortController();
    const work = fetchDigits(destination, {
      python: python("exec sleep 30"),
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    expect(await messageOf(work)).toBe("enough");
    const call = readFileSync(join(home, "call"), "utf8");
    expect(call).toMatch(/^-m pip download --no-deps --only-binary :all: .*--dest \S+ scikit-learn\n$/);
    await expect(fetchDigits(destination, { signal: AbortSignal.abort(new Error("never")) })).rejects.toThrow("never");
  });
});

describe.runIf(data && process.platform !== "win32")(`with the real file${data ? "" : " (left out: GLEANER_DATA is not set)"}`, () => {
  test("it is unpacked, kept with its license, and not fetched again", async () => {
    const source = readFileSync(join(data, "digits", "digits.csv.gz"));
    const steps: string[] = [];
    const working = python(wheelWith({ "sklearn/large.so": new Uint8Array(1e6), [inWheel]: source }));
    const first = await fetchDigits(destination, { python: working, onProgress: ({ step }) => steps.push(step) });
    expect(first).toEqual({ path: join(destination, "digits.csv.gz"), fetched: true });
    expect(steps.filter((step) => step !== "download")).toEqual(["unpack", "write"]);
    expect(readdirSync(destination).sort()).toEqual(["digits.LICENSE.txt", "digits.csv.gz"]);
    expect(readFileSync(join(destination, "digits.LICENSE.txt"), "utf8")).toContain("CC BY 4.0");
    expect(readDigits(first.path).shape).toEqual([1797, 8, 8, 1]);
    expect(readDigits(first.path)).toEqual(readDigits(join(data, "digits", "digits.csv.gz")));
    expect(await fetchDigits(destination, { python: "none" })).toEqual({ ...first, fetched: false });
    // A damaged file is no reason to stop.
    writeFileSync(first.path, source.subarray(0, 5000));
    expect((await fetchDigits(destination, { python: working })).fetched).toBe(true);
    expect(readDigits(first.path).shape[0]).toBe(1797);
  });
});
