import { open, stat } from "node:fs/promises";
import { type BlobLike, type ScanReference, scanReferenceOfDicom } from "@gleaner/volumes";
import { listDicomFolder } from "@gleaner/volumes/node";

/** The UIDs of the slices of a folder's series. */
export async function referenceOf(folder: string): Promise<ScanReference> {
  const series = (await listDicomFolder(folder)).find(({ localizer }) => !localizer);
  const files = await Promise.all((series?.files ?? []).map(async (path) => [path, await fileBlob(path)] as const));
  return scanReferenceOfDicom(Object.fromEntries(files));
}

/** A file of which only the parts that are asked for are read, opened each time, as a series has more files than may be open. */
async function fileBlob(path: string): Promise<BlobLike> {
  const { size } = await stat(path);
  const slice = (start: number, end: number) => ({
    async arrayBuffer(): Promise<ArrayBuffer> {
      const file = await open(path);
      try {
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytes.buffer.slice(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  });
  return { size, slice, arrayBuffer: () => slice(0, size).arrayBuffer() };
}
