import { ref, shallowRef } from "vue";
import type { Scan } from "./scan.js";

interface Loader {
  phantomScan(seed: number): Scan;
  scanOfFiles(files: readonly File[]): Promise<Scan>;
}

/** Where a page's scan comes from: the phantom of a seed, kept while it is looked at, or a visitor's files. */
export function useScan() {
  const own = shallowRef<Scan>();
  const note = ref("");
  let drawn: { seed: number; scan: Scan } | undefined;

  /** The scan that is looked at. */
  function current(loader: Loader, seed: number): Scan {
    if (own.value) return own.value;
    if (drawn?.seed !== seed) drawn = { seed, scan: loader.phantomScan(seed) };
    return drawn.scan;
  }

  /** Reads files; what is wrong with them becomes the note, and the scan stays. */
  async function open(loader: Loader, files: readonly File[]): Promise<void> {
    note.value = "Reading …";
    try {
      own.value = await loader.scanOfFiles(files);
      note.value = `${own.value.name}: ${own.value.volume.shape.join(" × ")} voxels of 1.5 mm.`;
    } catch (error) {
      note.value = error instanceof Error ? error.message : String(error);
    }
  }

  function close(): void {
    own.value = undefined;
    note.value = "";
  }

  return { own, note, current, open, close };
}
