import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { NativeError } from "./errors.js";
import { ownSources, ownSourceText } from "./own-files.js";
import { runCommand, tellingLine } from "./run-command.js";
import { tfjsNode } from "./tfjs-package.js";

/** One translation unit: where it is, and the flags it needs beyond the common ones. */
interface Unit {
  source: string;
  object: string;
  flags: string[];
}

const commonFlags = ["-std=c++17", "-fPIC", "-pthread", "-DNAPI_VERSION=8", "-DNODE_GYP_MODULE_NAME=tfjs_binding"];
// Without the second a comparison in a loop keeps GCC from using vectors, without the third a square root does.
const loopFlags = ["-O3", "-fno-trapping-math", "-fno-math-errno"];
const avx2Flags = ["-mavx2", "-mfma"];
const avx512Flags = [...avx2Flags, "-mavx512f", "-mavx512vl", "-mavx512bw", "-mavx512dq", "-mprefer-vector-width=512"];
/** Instruction sets that inner loops are compiled for on x64, besides the one that every processor has. */
const sets = [
  { name: "avx2", flags: [...loopFlags, ...avx2Flags, "-DGLEANER_ON_X64", "-DGLEANER_SET=Avx2"] },
  { name: "avx512", flags: [...loopFlags, ...avx512Flags, "-DGLEANER_ON_X64", "-DGLEANER_SET=Avx512"] },
];
const fastFlags = (platform: string): string[] => [...loopFlags, ...(platform.endsWith("x64") ? ["-DGLEANER_ON_X64"] : [])];

/**
 * A short name for everything that a compiled binding depends on besides TensorFlow: sources and flags. A cache keeps bindings of several
 * versions of this package side by side under it.
 */
export function bindingHash(): string {
  const parts = [tfjsNode.integrity, ...commonFlags, ...sets.flatMap(({ flags }) => flags), ownSourceText()];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 10);
}

/** Add-ons of their own, because they do not need TensorFlow: the first is loaded before its libraries are. */
export const quietName = "quiet.node";
export const affinityName = "affinity.node";
export const pagesName = "pages.node";
const addOns = [
  ["quiet.cc", quietName],
  ["affinity.cc", affinityName],
  ["pages.cc", pagesName],
] as const;

/** The folder of npm's node-api-headers. */
function nodeApiHeaders(): string {
  return (createRequire(import.meta.url)("node-api-headers") as { include_dir: string }).include_dir;
}

function unitsOf(tfjsFolder: string, objects: string, platform: string): Unit[] {
  const { folder, files } = ownSources();
  const own = files.filter((name) => name.endsWith(".cc") && addOns.every(([source]) => name !== source));
  const units: Unit[] = [
    ...["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => ({ source: join(tfjsFolder, "binding", name), object: name, flags: ["-O2"] })),
    ...own.map((name) => ({ source: join(folder, name), object: name, flags: fastFlags(platform) })),
    ...(platform.endsWith("x64")
      ? sets.flatMap((set) =>
          own
            .filter((name) => name.endsWith("_loops.cc"))
            .map((name) => ({ source: join(folder, name), object: `${set.name}-${name}`, flags: set.flags })),
        )
      : []),
  ];
  return units.map((unit) => ({ ...unit, object: join(objects, `${unit.object}.o`) }));
}

/** Does all tasks, as many at once as there are processors, and at most four: a compiler takes some 300 MB. None starts once one has failed. */
async function allOf(tasks: (() => Promise<void>)[]): Promise<void> {
  const left = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = left.shift(); task; task = left.shift()) {
      await task().catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
    }
  };
  // All are waited for, since the folder that they write to is removed then.
  const ends = await Promise.allSettled(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

export interface CompileOptions {
  compiler: string;
  /** The folder of @tensorflow/tfjs-node-gpu. */
  tfjsFolder: string;
  /** The folder with TensorFlow's `include` and `lib`. */
  runtime: string;
  /** Where the binding will be used from, for the path from it to the libraries. */
  home: string;
  libraries: readonly string[];
  platform: string;
  /** The add-on to write; the small ones are written beside it. */
  output: string;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Compiles tfjs-node's binding and this package's operators into one Node add-on that finds TensorFlow's libraries by a relative path. */
export async function compileBinding(options: CompileOptions): Promise<void> {
  const { compiler, tfjsFolder, runtime, home, libraries, platform, output, onProgress, signal } = options;
  const objects = `${output}.objects`;
  await rm(objects, { recursive: true, force: true });
  await mkdir(objects, { recursive: true });
  const run = async (args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await runCommand(compiler, args, signal ? { signal } : {});
    if (code !== 0) throw new NativeError("compile-failed", `${compiler} could not build the binding: ${tellingLine(stderr || stdout)}`);
  };
  const units = unitsOf(tfjsFolder, objects, platform);
  const includes = ["-I", nodeApiHeaders(), "-I", join(runtime, "include")];
  let done = 0;
  const total = units.length + 1;
  const darwin = platform.startsWith("darwin");
  const shared = darwin ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared", "-s"];
  const compile = async ({ flags, source, object }: Unit): Promise<void> => {
    await run([...commonFlags, ...flags, ...includes, "-c", source, "-o", object]);
    onProgress?.(++done, total);
  };
  const build = ([source, name]: (typeof addOns)[number]): Promise<void> =>
    run([...commonFlags, "-O2", ...shared, ...includes, join(ownSources().folder, source), "-o", join(dirname(output), name)]);
  try {
    // The two large files come first, so that none of them is what is waited for in the end.
    await allOf([...units.map((unit) => () => compile(unit)), ...addOns.map((addOn) => () => build(addOn))]);
    const away = relative(home, join(runtime, "lib"));
    const link = [...shared, `-Wl,-rpath,${darwin ? "@loader_path" : "$ORIGIN"}/${away}`];
    await run([
      ...link,
      "-pthread",
      ...units.map((unit) => unit.object),
      ...libraries.map((name) => join(runtime, "lib", name)),
      "-o",
      output,
    ]);
    onProgress?.(total, total);
  } finally {
    await rm(objects, { recursive: true, force: true });
  }
}
