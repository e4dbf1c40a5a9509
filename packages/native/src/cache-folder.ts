import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The folder that all pairings of a user share: `$GLEANER_CACHE`, else `~/.cache/gleaner`.
 *
 * @example
 * ```ts
 * import { defaultCacheFolder } from "@gleaner/native";
 * defaultCacheFolder({ GLEANER_CACHE: "/data/cache" }); // => "/data/cache"
 * ```
 */
export function defaultCacheFolder(env: Record<string, string | undefined> = process.env): string {
  const named = env["GLEANER_CACHE"];
  return named ? resolve(named) : join(homedir(), ".cache", "gleaner");
}
