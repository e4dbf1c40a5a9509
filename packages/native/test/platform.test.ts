import { describe, expect, test } from "vitest";
import { choosePlatform, compareVersions, type Host, thisHost } from "../src/platform.js";

describe("the platform of a wheel", () => {
  test.each<[string, Host, boolean, string, string]>([
    ["Linux on x64", { os: "linux", arch: "x64", glibc: "2.36" }, false, "linux-x64", "tensorflow-cpu"],
    ["Linux on x64 with CUDA", { os: "linux", arch: "x64", glibc: "2.36" }, true, "linux-x64", "tensorflow"],
    ["Linux on arm64", { os: "linux", arch: "arm64", glibc: "2.31" }, false, "linux-arm64", "tensorflow"],
    ["macOS on arm64", { os: "darwin", arch: "arm64" }, false, "darwin-arm64", "tensorflow"],
  ])("%s", (_, host, gpu, key, wheel) => {
    const platform = choosePlatform(host, "2.21.0", gpu);
    expect([platform.key, platform.wheel]).toEqual([key, wheel]);
    expect(platform.tags.every((tag) => tag.endsWith(host.arch === "x64" ? "x86_64" : host.os === "darwin" ? "arm64" : "aarch64"))).toBe(
      true,
    );
  });

  test("an older C library gets only the wheels that fit it", () => {
    expect(choosePlatform({ os: "linux", arch: "x64", glibc: "2.17" }, "2.20.0", false).tags).toEqual([
      "manylinux2014_x86_64",
      "manylinux_2_17_x86_64",
    ]);
  });

  test.each<[Host, boolean, string]>([
    [
      { os: "linux", arch: "ppc64", glibc: "2.36" },
      false,
      "TensorFlow's wheels for Linux are built for x64 and arm64 processors; this one is ppc64.",
    ],
    [
      { os: "linux", arch: "x64" },
      false,
      "TensorFlow's wheels for Linux need the GNU C library (glibc); this system has another one, as Alpine with its musl does.",
    ],
    [
      { os: "linux", arch: "x64", glibc: "2.17" },
      false,
      "TensorFlow 2.21.0 needs glibc 2.27 or newer; this system has 2.17; TensorFlow 2.20.0 needs only 2.17.",
    ],
    [{ os: "linux", arch: "x64", glibc: "2.12" }, false, "TensorFlow 2.21.0 needs glibc 2.27 or newer; this system has 2.12."],
    [
      { os: "linux", arch: "arm64", glibc: "2.36" },
      true,
      "TensorFlow's wheels with CUDA are built for Linux on x64 processors; this one is arm64.",
    ],
    [
      { os: "darwin", arch: "x64" },
      false,
      "TensorFlow's wheels for macOS are built for arm64 processors (Apple silicon); this one is x64.",
    ],
    [{ os: "darwin", arch: "arm64" }, true, "TensorFlow's wheels with CUDA are built for Linux on x64 processors; this system is macOS."],
    [{ os: "win32", arch: "x64" }, false, "TensorFlow's C library comes in wheels for Linux and macOS only; this system is win32."],
  ])("%o with gpu %s is refused in one sentence", (host, gpu, message) => {
    expect(() => choosePlatform(host, "2.21.0", gpu)).toThrow(message);
  });

  test("this machine is described", () => {
    expect(thisHost()).toMatchObject({ os: process.platform, arch: process.arch });
  });

  test("versions are ordered by their numbers", () => {
    expect(["2.9.1", "2.21.0", "2.20.10", "2.20.2"].sort(compareVersions)).toEqual(["2.9.1", "2.20.2", "2.20.10", "2.21.0"]);
  });
});
