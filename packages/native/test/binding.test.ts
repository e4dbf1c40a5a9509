import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bindingHash, compileBinding } from "../src/compile-binding.js";
import { isNativeError } from "../src/errors.js";
import { verifyBinding } from "../src/verify-binding.js";
import { createWorkshop, type Workshop } from "./support/fake-tools.js";

describe("a compiled binding", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = createWorkshop();
  });
  afterEach(() => shop.dispose());

  /** A module that answers as the add-on would. */
  const pretend = ({
    version = "2.21.0",
    gpu = false,
    convolution = 36,
    norm = [-1.3416, -0.4472, 0.4472, 1.3416],
    first = "",
  }): string => {
    const path = join(shop.folder, "binding.cjs");
    const answers = { Conv3D: new Array(8).fill(convolution), GleanerGroupNorm: norm };
    writeFileSync(
      path,
      `${first}
       const answers = ${JSON.stringify(answers)};
       module.exports = { TF_Version: "${version}", createTensor: () => 0, isUsingGpuDevice: () => ${gpu},
         executeOp: (op) => { if (op === "GleanerGroupNorm" && ${gpu}) throw new Error("no such kernel for GPU"); return [{ id: op }]; },
         tensorDataSync: (id) => answers[id] };`,
    );
    return path;
  };

  test("passes when version and numbers are right, with a GPU and without", async () => {
    expect(await verifyBinding(pretend({}), "2.21.0")).toEqual({ gpu: false });
    expect(await verifyBinding(pretend({ gpu: true }), "2.21.0")).toEqual({ gpu: true });
  });

  test.each<[string, Parameters<typeof pretend>[0], string]>([
    ["another version", { version: "2.9.1" }, "The binding was built, but it loads TensorFlow 2.9.1 where 2.21.0 was asked for."],
    [
      "a wrong convolution",
      { convolution: 8 },
      "The binding was built, but its convolution gives 8,8,8,8,8,8,8,8 where every value is 36.",
    ],
    [
      "a wrong group norm",
      { norm: [0, 0, 0, 0] },
      "The binding was built, but its group norm gives 0,0,0,0 where -1.3416,-0.4472,0.4472,1.3416 is right.",
    ],
    [
      "a library that is missing",
      { first: `throw new Error("libtensorflow_cc.so.2: cannot open shared object file");` },
      "The binding was built, but it does not load: Error: libtensorflow_cc.so.2: cannot open shared object file.",
    ],
    [
      "instructions that the processor lacks",
      { first: `process.kill(process.pid, "SIGILL"); while (true);` },
      "The binding was built, but this processor lacks instructions (AVX) that TensorFlow was built with.",
    ],
    [
      "a crash",
      { first: `process.kill(process.pid, "SIGSEGV"); while (true);` },
      "The binding was built, but it does not load: the process ended with SIGSEGV.",
    ],
  ])("with %s fails in one sentence", async (_, answers, message) => {
    const error = await verifyBinding(pretend(answers), "2.21.0").catch((e) => e);
    expect(isNativeError(error, "verify-failed"), String(error)).toBe(true);
    expect(error.message).toBe(message);
  });

  const compileWith = (compiler: string): Promise<void> =>
    compileBinding({
      compiler,
      tfjsFolder: join(shop.folder, "tfjs"),
      runtime: join(shop.folder, "runtime"),
      home: join(shop.folder, "home"),
      libraries: ["libtensorflow_cc.so.2"],
      platform: "linux-x64",
      output: join(shop.folder, "out.node"),
    });

  test("is compiled by as many processes as there are processors, at most four, and linked when they are done", async () => {
    const log = join(shop.folder, "log");
    await compileWith(shop.program("c++", `for last; do :; done; echo "+ $last" >> ${log}; sleep 0.05; echo "- $last" >> ${log}`));
    const lines = readFileSync(log, "utf8").trim().split("\n");
    let [running, most] = [0, 0];
    for (const line of lines) {
      running += line.startsWith("+") ? 1 : -1;
      most = Math.max(most, running);
    }
    expect(most).toBe(Math.min(4, availableParallelism()));
    expect(lines.slice(-2)).toEqual([`+ ${join(shop.folder, "out.node")}`, `- ${join(shop.folder, "out.node")}`]);
    for (const name of [
      "tfjs_backend.cc.o",
      "group_norm.cc.o",
      "avx2-norm_loops.cc.o",
      "avx512-norm_loops.cc.o",
      "quiet.node",
      "affinity.node",
      "pages.node",
    ]) {
      expect(lines.filter((line) => line.endsWith(`/${name}`)).length).toBe(2);
    }
  });

  test("that the compiler refuses names the compiler and its error, and nothing more is compiled", async () => {
    const log = join(shop.folder, "log");
    const compiler = shop.program(
      "c++",
      `echo started >> ${log}; echo "tfjs_backend.cc:1:10: fatal error: node_api.h: No such file or directory" >&2; exit 1`,
    );
    const error = await compileWith(compiler).catch((e) => e);
    expect(readFileSync(log, "utf8").trim().split("\n").length).toBeLessThanOrEqual(Math.min(4, availableParallelism()));
    expect(isNativeError(error, "compile-failed")).toBe(true);
    expect(error.message).toBe(
      `${compiler} could not build the binding: tfjs_backend.cc:1:10: fatal error: node_api.h: No such file or directory`,
    );
  });

  test("is named by what it is made of", () => {
    expect(bindingHash()).toMatch(/^[0-9a-f]{10}$/);
    expect(bindingHash()).toBe(bindingHash());
  });
});
