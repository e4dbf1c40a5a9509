import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable, type Transform } from "node:stream";
import { createDeflate, createGzip } from "node:zlib";
import { volumeError } from "./errors.js";
import type { FileLayout, FormatOptions } from "./file-layout.js";
import { formatOf } from "./formats.js";
import type { Volume } from "./volume.js";

/**
 * Writes a volume in the format of its name: .mhd (with .zraw, or .raw where `compressed` is false), .mha, .nii, .nii.gz, .hdr with .img,
 * .nrrd or .nhdr with .raw.gz.
 *
 * Files get their names only when they are whole, the header last, so that a crash leaves nothing half-written.
 * Rejects with a tagged error (see `isVolumeError`) where the folder is missing or cannot be written.
 *
 * @example
 * ```ts
 * import { mkdtemp, readdir, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { createVolume } from "@gleaner/volumes";
 * import { writeVolume } from "@gleaner/volumes/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "volumes-"));
 * await writeVolume(join(folder, "scan.mhd"), createVolume({ data: Int16Array.of(-1000, 40), shape: [1, 1, 2] }));
 * const names = await readdir(folder);
 * await rm(folder, { recursive: true });
 * names.sort(); // => ["scan.mhd", "scan.zraw"]
 * ```
 */
export async function writeVolume(path: string, volume: Volume, options: FormatOptions = {}): Promise<void> {
  const layout = formatOf(path).layout(volume, path, options);
  const files = layout.assemble(await pack(layout));
  const written: { temporary: string; path: string }[] = [];
  try {
    for (const file of files) {
      const temporary = join(dirname(file.path), `.${basename(file.path)}.${randomUUID()}.tmp`);
      written.push({ temporary, path: file.path });
      const handle = await open(temporary, "wx");
      try {
        for (const chunk of file.chunks) await handle.writeFile(chunk);
      } finally {
        await handle.close();
      }
    }
    for (const { temporary, path: final } of written) await rename(temporary, final);
  } catch (cause) {
    for (const { temporary } of written) await rm(temporary, { force: true });
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw volumeError(
      missing ? "NotFound" : "Unreadable",
      path,
      missing ? "its folder does not exist" : `it cannot be written (${code ?? message})`,
      { cause },
    );
  }
}

async function pack({ payload, compression }: FileLayout): Promise<readonly Uint8Array[]> {
  if (compression === "none") return payload;
  const packer: Transform = compression === "gzip" ? createGzip() : createDeflate();
  const chunks: Uint8Array[] = [];
  for await (const chunk of Readable.from(pieces(payload)).pipe(packer)) chunks.push(chunk as Uint8Array);
  return chunks;
}

/** Pieces of a size that keeps the process responsive. */
function* pieces(payload: readonly Uint8Array[]): Generator<Uint8Array> {
  const size = 2 ** 22;
  for (const bytes of payload) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
}
