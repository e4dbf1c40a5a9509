import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { defaultCacheFolder } from "./cache-folder.js";
import { bindingHash } from "./compile-binding.js";
import type { ExtractedFile } from "./extract-wheel.js";
import { compareVersions, type Host, thisHost } from "./platform.js";

/** What runtime.json and binding.json in the cache say. */
export interface Manifest {
  tensorflow: string;
  gpu: boolean;
  platform: string;
  files: ExtractedFile[];
}

/** A TensorFlow in the cache with the binding that this version of the package uses. */
export interface Pairing {
  tensorflow: string;
  gpu: boolean;
  /** Such as `linux-x64`. */
  platform: string;
  /** The folder with TensorFlow's libraries and headers. */
  runtime: string;
  /** The folder with the compiled binding and tfjs-node's JavaScript. */
  binding: string;
  /** The add-on inside `binding`. */
  addon: string;
  /** One sentence when it cannot be used: unfinished, or changed since it was made. */
  fault?: string;
}

export interface FindOptions {
  /** The cache folder. Default: `$GLEANER_CACHE`, else `~/.cache/gleaner`. */
  cache?: string;
  /** Only this version. Default: any, newest first. */
  tensorflow?: string;
  /** Only with CUDA (true), or only without (false). Default: either, with CUDA first. */
  gpu?: boolean;
}

export const addonName = "tfjs_binding.node";
export const manifestName = "pairing.json";

export const runtimeName = (tensorflow: string, gpu: boolean, platform: string): string =>
  `tensorflow-${gpu ? "gpu" : "cpu"}-${tensorflow}-${platform}`;
export const bindingName = (tensorflow: string, gpu: boolean, platform: string): string =>
  `binding-${bindingHash()}-${runtimeName(tensorflow, gpu, platform)}`;

/** Asks only for sizes: hashing 850 MB at every start would take seconds. */
function faultOf(folder: string): { manifest?: Manifest; fault?: string } {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, manifestName), "utf8")) as Manifest;
  } catch {
    return { fault: `${join(folder, manifestName)} is missing or unreadable` };
  }
  for (const { path, bytes } of manifest.files) {
    const size = statSync(join(folder, path), { throwIfNoEntry: false })?.size;
    if (size !== bytes) return { manifest, fault: `${join(folder, path)} has ${size ?? "no"} bytes where ${bytes} were installed` };
  }
  return { manifest };
}

const platformKey = ({ os, arch }: Host): string => `${os}-${arch}`;

/**
 * All pairings in the cache that are meant for this machine, usable or not, the best first.
 *
 * A TensorFlow without the binding of this version of the package is listed with that as its fault: an installation then only compiles.
 *
 * @example
 * ```ts
 * import { listPairings } from "@gleaner/native";
 * listPairings({ cache: "/nowhere" }); // => []
 * ```
 */
export function listPairings(options: FindOptions = {}): Pairing[] {
  const cache = options.cache ?? defaultCacheFolder();
  const platform = platformKey(thisHost());
  let names: string[];
  try {
    names = readdirSync(cache);
  } catch {
    return [];
  }
  const pairings: Pairing[] = [];
  for (const name of names) {
    const match = /^tensorflow-(cpu|gpu)-(\d[\w.]*)-(\w+-\w+)$/.exec(name);
    if (!match || match[3] !== platform) continue;
    const [gpu, tensorflow] = [match[1] === "gpu", match[2]!];
    if (options.tensorflow !== undefined && options.tensorflow !== tensorflow) continue;
    if (options.gpu !== undefined && options.gpu !== gpu) continue;
    const runtime = join(cache, name);
    const binding = join(cache, bindingName(tensorflow, gpu, platform));
    const compiled = names.includes(bindingName(tensorflow, gpu, platform));
    const fault =
      faultOf(runtime).fault ?? (compiled ? faultOf(binding).fault : "the binding of this version of @gleaner/native is not compiled yet");
    pairings.push({
      tensorflow,
      gpu,
      platform,
      runtime,
      binding,
      addon: join(binding, addonName),
      ...(fault === undefined ? {} : { fault }),
    });
  }
  return pairings.sort((a, b) => Number(b.gpu) - Number(a.gpu) || compareVersions(b.tensorflow, a.tensorflow));
}

/**
 * The best usable pairing in the cache, or undefined when there is none.
 *
 * @example
 * ```ts
 * import { findNative } from "@gleaner/native";
 * findNative({ cache: "/nowhere" }); // => undefined
 * ```
 */
export function findNative(options: FindOptions = {}): Pairing | undefined {
  return listPairings(options).find(({ fault }) => fault === undefined);
}
