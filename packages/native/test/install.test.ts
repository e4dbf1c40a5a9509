import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import * as fsPromises from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type InstallNativeOptions,
  installNative,
  isNativeError,
  listPairings,
  loadNative,
  type NativeError,
  planInstall,
} from "../src/index.js";
import { bindingName, runtimeName } from "../src/pairings.js";
import { createWorkshop, fakeCompiler, fakeNpm, fakePython, linux, type Workshop } from "./support/fake-tools.js";
import { makeWheel, tensorflowWheel } from "./support/wheel.js";

vi.mock("node:fs/promises", { spy: true });

describe.runIf(process.platform === "linux" && ["x64", "arm64"].includes(process.arch))(
  "an installation with pretended tools (Linux)",
  () => {
    let shop: Workshop;
    beforeEach(() => {
      shop = createWorkshop();
    });
    afterEach(() => {
      shop.dispose();
      vi.mocked(fsPromises.statfs).mockReset();
    });
    const wheelName = "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl";
    const complete = (download: string): void => {
      shop.program("python3", fakePython(download));
      shop.program("npm", fakeNpm);
      shop.program("c++", fakeCompiler);
    };
    const deliver = (bytes: Uint8Array = tensorflowWheel()): string => {
      const path = join(shop.folder, "index.whl");
      writeFileSync(path, bytes);
      return `echo called >> ${shop.folder}/pip.log; cp ${path} "$destination/${wheelName}"`;
    };
    const install = (options: InstallNativeOptions = {}) => installNative({ cache: shop.cache, host: linux, ...options });
    const failure = async (options: InstallNativeOptions = {}): Promise<NativeError> => {
      const error = await install(options).then(
        () => new Error("it was installed"),
        (e) => e,
      );
      expect(isNativeError(error), String(error.stack)).toBe(true);
      return error;
    };
    const left = (): string[] => (existsSync(shop.cache) ? readdirSync(shop.cache, { recursive: true, encoding: "utf8" }).sort() : []);

    test.each<[string, string, string, () => void]>([
      ["no Python", "no-python", "neither python3 nor python is one here", () => shop.program("c++", fakeCompiler)],
      [
        "an old Python",
        "no-python",
        "Python 3.8 or newer is needed",
        () => shop.program("python3", `case "$*" in "-c import sys"*) echo "AssertionError" >&2; exit 1 ;; esac`),
      ],
      [
        "no pip",
        "no-pip",
        "python3 has no pip",
        () => shop.program("python3", `case "$*" in "-c import sys"*) echo "Python 3.11.7" ;; *) exit 1 ;; esac`),
      ],
      [
        "no npm",
        "no-npm",
        "npm is needed to fetch the sources",
        () => {
          complete("false");
          shop.program("npm", "exit 127");
        },
      ],
      [
        "no compiler",
        "no-compiler",
        "there is no c++, g++ or clang++ here",
        () => {
          complete("false");
          shop.program("c++", "exit 1");
        },
      ],
    ])("%s is said before anything is fetched", async (_, code, words, prepare) => {
      prepare();
      const error = await failure();
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
      expect(left()).toEqual([]);
    });

    test("a Python or compiler that was named and is none is named", async () => {
      complete("false");
      expect((await failure({ python: "/no/python" })).message).toBe("/no/python is not a Python 3.8 or newer that can be started.");
      process.env["CXX"] = "/no/compiler";
      expect((await failure()).message).toBe("The C++ compiler /no/compiler (from CXX) cannot be started.");
      delete process.env["CXX"];
    });

    test("no room is said in megabytes", async () => {
      complete(deliver());
      vi.mocked(fsPromises.statfs).mockResolvedValue({ bavail: 1000, bsize: 4096 } as Awaited<ReturnType<typeof fsPromises.statfs>>);
      const error = await failure();
      expect(error.code).toBe("no-room");
      expect(error.message).toMatch(/^The installation needs 1133 MB at .*, and its disk has 5 MB left\.$/);
    });

    test.each<[string, string, string, string]>([
      [
        "no network",
        "download-failed",
        `echo "WARNING: Retrying: NewConnectionError('<pip>: Failed to establish a new connection: Temporary failure in name resolution')" >&2; echo "ERROR: Could not find a version that satisfies the requirement tensorflow-cpu==2.21.0 (from versions: none)" >&2; exit 1`,
        "pip could not reach its package index for",
      ],
      [
        "an index without this wheel",
        "no-wheel",
        `echo "ERROR: Could not find a version that satisfies the requirement x (from versions: 2.19.0, 2.20.0)" >&2; exit 1`,
        "has no wheel of tensorflow",
      ],
      [
        "another hash than the index says",
        "bad-wheel",
        `echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE." >&2; exit 1`,
        "another hash than the index says",
      ],
      ["a disk that fills up", "no-room", `echo "ERROR: [Errno 28] No space left on device" >&2; exit 1`, "The disk filled up"],
      ["anything else", "download-failed", `echo "ERROR: 403 Client Error: Forbidden" >&2; exit 1`, "403 Client Error: Forbidden"],
    ])("pip failing with %s is one sentence", async (_, code, script, words) => {
      complete(script);
      const error = await failure();
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
      expect(error.message).not.toContain("\n");
      expect(left().filter((name) => name.includes("whl") || name.includes("staging"))).toEqual([]);
    });

    test("a wheel that is damaged is refused and not used again", async () => {
      complete(
        deliver(
          makeWheel({ "tensorflow/libtensorflow_cc.so.2": "x" }, (_, line) => line.replace(/sha256=.{43}/, `sha256=${"A".repeat(43)}`)),
        ),
      );
      expect((await failure()).code).toBe("bad-wheel");
      expect(left().filter((name) => name.endsWith(".whl"))).toEqual([]);
      complete(deliver(makeWheel({ "tensorflow/libtensorflow_cc.so.2": "x" })));
      expect((await failure()).message).toContain("has no libtensorflow_framework.so.2");
    });

    test("sources that cannot be fetched leave TensorFlow in place for the next attempt", async () => {
      complete(deliver());
      expect((await failure()).message).toBe("npm could not fetch @tensorflow/tfjs-node-gpu@4.22.0: npm error code E404");
      const arch = process.arch;
      expect(readdirSync(shop.cache).filter((name) => !name.startsWith("downloads"))).toEqual([`tensorflow-cpu-2.21.0-linux-${arch}`]);
      expect(listPairings({ cache: shop.cache })[0]!.fault).toBe("the binding of this version of @gleaner/native is not compiled yet");
      await failure();
      expect(readFileSync(join(shop.folder, "pip.log"), "utf8")).toBe("called\n");
      const error = await loadNative({ cache: shop.cache }).catch((e) => e);
      expect(error.message).toMatch(
        /^The native engine cannot be used, because the binding .* is not compiled yet; mend it with: gleaner-native install$/,
      );
    });

    test("an archive of the sources with another hash is refused", async () => {
      complete(deliver());
      const tfjs = join(shop.folder, "tfjs.tgz");
      expect((await failure({ tfjs })).message).toBe(`There is no npm archive at ${tfjs}.`);
      writeFileSync(tfjs, "something else");
      expect((await failure({ tfjs })).message).toContain(
        "is not the archive of @tensorflow/tfjs-node-gpu 4.22.0 that the npm registry has",
      );
    });

    test("an interrupted download stops pip and leaves nothing", async () => {
      complete(`echo started > ${shop.folder}/started; exec sleep 60`);
      const stop = new AbortController();
      const running = install({ signal: stop.signal });
      running.catch(() => undefined);
      await vi.waitFor(() => expect(existsSync(join(shop.folder, "started"))).toBe(true), { timeout: 20_000 });
      stop.abort(new Error("enough"));
      await expect(running).rejects.toThrow("enough");
      expect(left().filter((name) => name.includes("staging") || name.includes("partial") || name.endsWith(".lock"))).toEqual([]);
    });

    test("a broken cache is found by its sizes, and planned to be made again", async () => {
      complete(deliver());
      await failure();
      const library = join(shop.cache, `tensorflow-cpu-2.21.0-linux-${process.arch}`, "lib", "libtensorflow_cc.so.2");
      truncateSync(library, 3);
      expect(listPairings({ cache: shop.cache })[0]!.fault).toBe(`${library} has 3 bytes where 12 were installed`);
      const plan = await planInstall({ cache: shop.cache, host: linux });
      expect(plan.repairs).toContain("has 3 bytes");
      expect(plan.needsRuntime).toBe(true);
      await failure();
      expect(readFileSync(library, "utf8")).toBe("main library");
    });

    test("two installations at once fetch once", async () => {
      complete(`sleep 0.5; ${deliver()}`);
      const waiting: string[] = [];
      const one = (): Promise<NativeError> =>
        failure({ onProgress: ({ phase, message }) => void (phase === "wait" && waiting.push(message)) });
      await Promise.all([one(), one()]);
      expect(waiting).toEqual([`another installation (process ${process.pid} ${hostname()}) is under way`]);
      expect(readFileSync(join(shop.folder, "pip.log"), "utf8")).toBe("called\n");
    });

    describe("from a wheel file", () => {
      test("no Python is needed", async () => {
        shop.program("npm", fakeNpm);
        shop.program("c++", fakeCompiler);
        const machine = process.arch === "x64" ? "x86_64" : "aarch64";
        const wheel = join(shop.folder, `tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_${machine}.whl`);
        writeFileSync(wheel, tensorflowWheel());
        expect((await failure({ wheel })).message).toContain("npm could not fetch");
        expect(existsSync(wheel)).toBe(true);
      });

      test.each<[string, string, string]>([
        [
          "tensorflow_cpu-2.21.0-cp311-cp311-win_amd64.whl",
          "unsupported-platform",
          "is built for win_amd64; this machine needs one that ends in",
        ],
        ["tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_27_x86_64.whl", "bad-wheel", "is TensorFlow 2.20.0 where 2.21.0 was asked for"],
        ["numpy-2.0.0-cp311-cp311-manylinux_2_27_x86_64.whl", "bad-wheel", "is not named like a wheel of TensorFlow"],
      ])("%s is refused", async (name, code, words) => {
        complete("false");
        const wheel = join(shop.folder, name);
        writeFileSync(wheel, tensorflowWheel());
        const error = await failure({ wheel, tensorflow: "2.21.0" });
        expect(error.code).toBe(code);
        expect(error.message).toContain(words);
      });

      test("one that is not there is named", async () => {
        complete("false");
        expect((await failure({ wheel: join(shop.folder, wheelName) })).message).toBe(
          `There is no wheel at ${join(shop.folder, wheelName)}.`,
        );
      });
    });

    test("a plan says what would be downloaded, how large it is and where it goes, and writes nothing", async () => {
      complete("false");
      const plan = await planInstall({ cache: shop.cache, host: linux });
      expect(plan.problems).toEqual([]);
      expect(plan.downloads.map(({ by }) => by)).toEqual(["pip", "npm"]);
      expect(plan.downloadBytes).toBeGreaterThan(250e6);
      expect(plan.diskBytes).toBeGreaterThan(plan.downloadBytes);
      expect(plan.runtime.startsWith(shop.cache)).toBe(true);
      expect([plan.python?.version, plan.compiler?.version]).toEqual(["Python 3.11.7, pip 23.2.1", "c++ (pretended) 1.0"]);
      expect(left()).toEqual([]);
      await expect(planInstall({ tensorflow: "latest" })).rejects.toThrow('tensorflow is "latest"; expected a version such as 2.21.0');
    });

    test("with CUDA a machine without NVIDIA's driver is told that it will compute on the processor", async () => {
      complete("false");
      const sentence = /^There is no NVIDIA driver here \(.*\), so TensorFlow with CUDA computes on the processor; install a driver/;
      const planFor = (gpu: boolean, nvidiaDriver: boolean) =>
        planInstall({ cache: shop.cache, gpu, host: { ...linux, arch: "x64", nvidiaDriver } });
      const { warnings, problems } = await planFor(true, false);
      expect([warnings.length, problems]).toEqual([1, []]);
      expect(warnings[0]).toMatch(sentence);
      expect((await planFor(true, true)).warnings).toEqual([]);
      expect((await planFor(false, false)).warnings).toEqual([]);
    });

    describe("that is in the cache already", () => {
      /** A finished folder with a manifest, of one file. */
      const finished = (name: string, gpu: boolean, tensorflow: string): string => {
        const folder = join(shop.cache, name);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "file"), name);
        const files = [{ path: "file", bytes: name.length, sha256: "" }];
        const platform = `${process.platform}-${process.arch}`;
        writeFileSync(join(folder, "pairing.json"), JSON.stringify({ tensorflow, gpu, platform, files }));
        return folder;
      };
      const pair = (tensorflow: string, gpu = false): string => {
        finished(runtimeName(tensorflow, gpu, `${process.platform}-${process.arch}`), gpu, tensorflow);
        return finished(bindingName(tensorflow, gpu, `${process.platform}-${process.arch}`), gpu, tensorflow);
      };

      test("is used without Python, npm or a compiler", async () => {
        const binding = pair("2.21.0");
        process.env["CXX"] = "/no/compiler";
        try {
          const pairing = await install({ python: "/no/python" });
          expect([pairing.tensorflow, pairing.binding, pairing.fault]).toEqual(["2.21.0", binding, undefined]);
        } finally {
          delete process.env["CXX"];
        }
      });

      test("stands beside other versions and a binding of other sources, and each stays", async () => {
        const [older, newer] = [pair("2.20.0"), pair("2.21.0")];
        const name = newer.slice(shop.cache.length + 1).replace(/^binding-\w+-/, "binding-0123456789-");
        const ofOthers = finished(name, false, "2.21.0");
        const before = left();
        expect((await install()).binding).toBe(newer);
        expect((await install({ tensorflow: "2.20.0" })).binding).toBe(older);
        expect(listPairings({ cache: shop.cache }).map((p) => [p.tensorflow, p.fault])).toEqual([
          ["2.21.0", undefined],
          ["2.20.0", undefined],
        ]);
        expect(left()).toEqual(before);
        expect(existsSync(ofOthers)).toBe(true);
      });

      test("is made again where the binding is of other sources, and then a compiler is asked for", async () => {
        const binding = pair("2.21.0");
        renameSync(binding, binding.replace(/binding-\w+-/, "binding-0123456789-"));
        shop.program("npm", fakeNpm);
        shop.program("c++", "exit 1");
        expect((await failure()).code).toBe("no-compiler");
      });
    });

    test("left-over folders of an attempt that was killed are removed", async () => {
      complete(deliver());
      mkdirSync(join(shop.cache, ".staging-binding"), { recursive: true });
      await failure();
      expect(left().filter((name) => name.startsWith(".staging"))).toEqual([]);
    });
  },
);
