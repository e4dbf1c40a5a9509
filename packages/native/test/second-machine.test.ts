// What a machine does whose cache was filled by another one: the folders copied or mounted, and none of the programs that made them.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { findNative, installNative, loadNative, useNativeKernels } from "../src/index.js";
import { paired, withEngine } from "./support/engine.js";

describe.runIf(paired)(withEngine("a cache that another machine filled"), () => {
  const folder = mkdtempSync(join(tmpdir(), "gleaner-second-"));
  const { PATH, CXX } = process.env;
  afterAll(() => {
    process.env["PATH"] = PATH;
    if (CXX === undefined) delete process.env["CXX"];
    else process.env["CXX"] = CXX;
    rmSync(folder, { recursive: true, force: true });
  });

  test("is used as it is, without Python, npm, a compiler or a network", async () => {
    const { binding, runtime } = findNative()!;
    const cache = join(folder, "cache");
    mkdirSync(cache);
    cpSync(binding, join(cache, basename(binding)), { recursive: true });
    symlinkSync(runtime, join(cache, basename(runtime)));
    process.env["PATH"] = join(folder, "nothing");
    process.env["CXX"] = "/no/compiler";
    const seen: string[] = [];
    const pairing = await installNative({ cache, python: "/no/python", onProgress: ({ phase }) => seen.push(phase) });
    expect([seen, pairing.binding]).toEqual([[], join(cache, basename(binding))]);

    const engine = await loadNative({ cache, threads: 2 });
    expect([engine.version, engine.pairing]).toEqual([pairing.tensorflow, pairing]);
    useNativeKernels();
    const [dx] = tf.grads((x) => tf.sum(tf.square(tf.relu(x!))))([tf.tensor1d([-1, 2])]);
    expect(Array.from(dx!.dataSync())).toEqual([0, 4]);
    expect(readdirSync(cache).sort()).toEqual([basename(binding), basename(runtime)].sort());
  });
});
