import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { extract } from "tar";
import { NativeError } from "./errors.js";
import { runCommand, tellingLine } from "./run-command.js";

/**
 * The version whose sources are compiled, with the hash of its archive in the npm registry.
 *
 * It is fetched at installation and is no dependency, because its own install script downloads another TensorFlow, of several hundred
 * megabytes, wherever npm runs scripts.
 */
export const tfjsNode = {
  name: "@tensorflow/tfjs-node-gpu",
  version: "4.22.0",
  integrity: "sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==",
  bytes: 223_379,
} as const;

/** Fetches the archive through the user's npm, checks its hash and unpacks what the binding needs: `binding/`, `dist/` and package.json. */
export async function fetchTfjsPackage(folder: string, archive: string | undefined, signal?: AbortSignal): Promise<void> {
  const temporary = join(folder, "..", "npm-pack");
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    const path = archive ?? (await npmPack(temporary, signal));
    const bytes = await readFile(path);
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    if (integrity !== tfjsNode.integrity) {
      throw new NativeError(
        "download-failed",
        `${path} is not the archive of ${tfjsNode.name} ${tfjsNode.version} that the npm registry has: its hash differs.`,
      );
    }
    await mkdir(folder, { recursive: true });
    const wanted = /^package\/(binding\/|package\.json$|dist\/(?!.*_test\.)(?!.*\.d\.ts$))/;
    await extract({ file: path, cwd: folder, strip: 1, filter: (name) => wanted.test(name) });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function npmPack(folder: string, signal?: AbortSignal): Promise<string> {
  const spec = `${tfjsNode.name}@${tfjsNode.version}`;
  const { code, stdout, stderr } = await runCommand("npm", ["pack", spec, "--pack-destination", folder, "--json"], {
    cwd: folder,
    ...(signal ? { signal } : {}),
  });
  const archive = code === 0 ? /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] : undefined;
  if (archive === undefined) throw new NativeError("download-failed", `npm could not fetch ${spec}: ${tellingLine(stderr || stdout)}`);
  // npm 8 writes the scope into the reported name, but not into the file's.
  return join(folder, archive.replace(/^@/, "").replace("/", "-"));
}
