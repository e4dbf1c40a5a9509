import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { findNative, type InstallProgress, installNative, loadNative, useNativeKernels } from "../src/index.js";

const asked = process.env["GLEANER_NATIVE_INSTALL"] === "1";
const name = asked ? "a real installation into an empty cache" : "a real installation: left out, because GLEANER_NATIVE_INSTALL is not 1";

describe.runIf(asked)(name, () => {
  const cache = mkdtempSync(join(tmpdir(), "gleaner-real-"));
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  test("fetches, compiles, verifies, loads and computes; a second one does nothing", { timeout: 600_000 }, async () => {
    const seen: InstallProgress[] = [];
    const pairing = await installNative({ cache, onProgress: (progress) => seen.push(progress) });
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(["download", "extract", "compile", "verify"]);
    expect(readdirSync(cache).length).toBe(2);
    expect(findNative({ cache })).toEqual(pairing);

    const again: InstallProgress[] = [];
    expect(await installNative({ cache, onProgress: (progress) => again.push(progress) })).toEqual(pairing);
    expect(again).toEqual([]);

    expect((await loadNative({ cache })).version).toBe(pairing.tensorflow);
    useNativeKernels();
    const [dx] = tf.grads((x) => tf.sum(tf.square(tf.relu(x!))))([tf.tensor1d([-1, 2])]);
    expect(Array.from(dx!.dataSync())).toEqual([0, 4]);
  });
});
