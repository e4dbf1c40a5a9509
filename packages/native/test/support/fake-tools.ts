import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of small shell scripts that stand for programs, and a cache; PATH holds nothing else while it is in use. */
export interface Workshop {
  folder: string;
  cache: string;
  /** Writes a program. The script runs under /bin/sh, with PATH as it was before. */
  program: (name: string, script: string) => string;
  dispose: () => void;
}

export function createWorkshop(): Workshop {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "gleaner-native-")));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const { PATH, CXX } = process.env;
  process.env["PATH"] = bin;
  delete process.env["CXX"];
  return {
    folder,
    cache: join(folder, "cache"),
    program(name, script) {
      const path = join(bin, name);
      writeFileSync(path, `#!/bin/sh\nPATH='${PATH}'\n${script}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    dispose() {
      process.env["PATH"] = PATH;
      if (CXX !== undefined) process.env["CXX"] = CXX;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Python 3.11 with pip whose `pip download` runs `download`, with the folder to download into as $destination. */
export const fakePython = (download: string): string => `
case "$*" in
  "-c import sys"*) echo "Python 3.11.7" ;;
  "-m pip --version") echo "pip 23.2.1 from /somewhere (python 3.11)" ;;
  *)
    destination=""
    while [ $# -gt 0 ]; do if [ "$1" = "-d" ]; then destination="$2"; fi; last="$1"; shift; done
    ${download} ;;
esac`;

/** A compiler that writes something wherever it is told to. */
export const fakeCompiler = `
if [ "$1" = "--version" ]; then echo "c++ (pretended) 1.0"; exit 0; fi
while [ $# -gt 0 ]; do if [ "$1" = "-o" ]; then echo compiled > "$2"; fi; shift; done`;

export const fakeNpm = `if [ "$1" = "--version" ]; then echo 10.0.0; exit 0; fi; echo "npm error code E404" >&2; exit 1`;

export const linux: { os: string; arch: string; glibc: string } = { os: process.platform, arch: process.arch, glibc: "2.36" };
