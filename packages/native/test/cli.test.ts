import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../src/cli.js";
import { createProgressLine, planLines, statusLines } from "../src/report.js";
import { createWorkshop, type Workshop } from "./support/fake-tools.js";

describe("the command gleaner-native", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = createWorkshop();
  });
  afterEach(() => shop.dispose());
  const call = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    let [out, err] = ["", ""];
    const code = await main(args, { out: (text) => (out += text), err: (text) => (err += text), interactive: false });
    return { code, out, err };
  };

  test("explains itself, and says what is wrong with a call", async () => {
    expect(await call("--help")).toMatchObject({ code: 0, err: "" });
    expect((await call("--help")).out).toContain("gleaner-native install [--gpu]");
    expect(await call()).toMatchObject({ code: 2, out: "" });
    expect(await call("frobnicate")).toMatchObject({ code: 2, out: "" });
    expect((await call("install", "--gup")).err).toContain("gleaner-native: Unknown option '--gup'");
    expect(await call("plan", "--tensorflow", "latest")).toMatchObject({
      code: 2,
      err: 'gleaner-native: tensorflow is "latest"; expected a version such as 2.21.0\n',
    });
  });

  test("says what is installed", async () => {
    expect(await call("status", "--cache", shop.cache)).toEqual({ code: 0, out: `Nothing is installed in ${shop.cache}.\n`, err: "" });
    expect(await call("status", "--cache", shop.cache, "--json")).toEqual({ code: 0, out: "[]\n", err: "" });
  });

  test("plans without writing, and lists what is missing", async () => {
    const { code, out } = await call("plan", "--cache", shop.cache);
    expect(code).toBe(1);
    expect(out).toContain("Missing: Python 3.8 or newer is needed");
    const json = JSON.parse((await call("plan", "--cache", shop.cache, "--json")).out);
    expect(json.problems.map(({ code }: { code: string }) => code)).toContain("no-compiler");
    expect(readdirSync(shop.folder)).toEqual(["bin"]);
  });

  test("fails with one sentence and exit code 1, and with --json says it in a document", async () => {
    const { code, out, err } = await call("install", "--cache", shop.cache, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out).error.code).toBe("no-python");
    expect(err.trim().split("\n").at(-1)).toMatch(/^gleaner-native: Python 3.8 or newer is needed .*\.$/);
  });
});

describe("what people read", () => {
  const pairing = { tensorflow: "2.21.0", gpu: true, platform: "linux-x64", runtime: "/c/r", binding: "/c/b", addon: "/c/b/x.node" };

  test("a finished installation is one line", () => {
    expect(statusLines([pairing, { ...pairing, gpu: false, fault: "a file is gone" }])).toEqual([
      "TensorFlow 2.21.0 with CUDA: ready at /c/b",
      "TensorFlow 2.21.0: not usable, because a file is gone",
    ]);
    const plan = {
      ...pairing,
      cache: "/c",
      installed: pairing,
      needsRuntime: false,
      downloads: [],
      downloadBytes: 0,
      diskBytes: 0,
      freeBytes: 1,
      warnings: ["There is no driver."],
      problems: [],
    };
    const { platform: _, ...rest } = plan;
    expect(planLines(rest)).toEqual(["TensorFlow 2.21.0 is installed at /c/b; there is nothing to do.", "There is no driver."]);
  });

  test("progress writes over one line on a terminal, and is a line a phase elsewhere", () => {
    const written = (interactive: boolean): string => {
      let text = "";
      const line = createProgressLine((t) => (text += t), interactive);
      line.show({ phase: "download", message: "tensorflow-cpu==2.21.0", done: 1e6, total: 274e6 });
      line.show({ phase: "download", message: "tensorflow-cpu==2.21.0", done: 99e6, total: 274e6 });
      line.show({ phase: "compile", message: "c++ 12", done: 1, total: 7 });
      line.show({ phase: "verify", message: "TensorFlow 2.21.0" });
      line.end();
      return text;
    };
    expect(written(false)).toBe("download: tensorflow-cpu==2.21.0\ncompile: c++ 12\nverify: TensorFlow 2.21.0\n");
    expect(written(true)).toBe(
      "\r\x1b[2Kdownload 1.0 MB of about 274 MB\r\x1b[2Kdownload 99 MB of about 274 MB\r\x1b[2Kcompile 1/7\r\x1b[2Kverify: TensorFlow 2.21.0\n",
    );
  });
});
