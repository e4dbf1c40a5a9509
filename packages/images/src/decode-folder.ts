import { join } from "node:path";
import { decodeFile, formOf, type ImageForm, loadImageDecoder } from "./decode-image.js";
import { imageSetError, isImageSetError } from "./image-set-error.js";
import { type LeftOutFile, type ListedImages, listImageFolder } from "./list-image-folder.js";

export interface ReadImageFolderOptions {
  /** The height and the width of the images in the set: one number for both, or [height, width]. */
  size: number | readonly [number, number];
  /** 1 for gray, 3 for red, green and blue (default). */
  channels?: 1 | 3;
  /** The folder of a part, such as `"test"` (default `"train"`, where the folder has parts). */
  split?: string;
  /** The name of the folder of images without labels (default `"unlabeled"`, where there is one). */
  unlabeled?: string;
  /** The classes in the order of their labels (default: the folders in the order of their names). */
  classNames?: readonly string[];
  /** Whether a picture that does not decode is an error (default) or listed in `broken` and left out. */
  broken?: "refuse" | "leave out";
  /** The most that the images of the set may need, in bytes (default 2 GiB − 1). */
  maxBytes?: number;
  /** How many files are decoded at a time (default 4). */
  concurrency?: number;
  /** Called after each file. */
  onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops the reading, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The listed images of a folder, and what they need. */
export interface FolderPlan {
  readonly form: ImageForm;
  /** The bytes of one image. */
  readonly size: number;
  readonly listed: ListedImages;
}

/** Checks the options and lists the folder. */
export function planFolder(folder: string, options: ReadImageFolderOptions, maxBytes: number): FolderPlan {
  const { channels = 3, concurrency = 4, signal } = options;
  const form = formOf(options.size, channels);
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError(`concurrency must be an integer of at least 1, got ${concurrency}`);
  signal?.throwIfAborted();
  const listed = listImageFolder(folder, options);
  const size = form.height * form.width * form.channels;
  const needed = size * listed.files.length;
  if (needed > maxBytes)
    throw imageSetError("TooLarge", folder, `its ${listed.files.length} images need ${needed} bytes, at most ${maxBytes} are read`);
  return { form, size, listed };
}

/** Decodes all images of a plan and hands each to `put`; those that were left out come back by their index. */
export async function decodeFolder(
  folder: string,
  plan: FolderPlan,
  options: ReadImageFolderOptions,
  put: (pixels: Uint8Array, image: number) => void,
): Promise<Map<number, LeftOutFile>> {
  const { broken = "refuse", concurrency = 4, onProgress, signal } = options;
  const { files } = plan.listed;
  const decode = await loadImageDecoder();
  const faults = new Map<number, LeftOutFile>();
  let next = 0;
  let done = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < files.length && !failed) {
      const i = next++;
      const path = join(folder, files[i]!.path);
      try {
        signal?.throwIfAborted();
        put(await decodeFile(decode, path, plan.form), i);
      } catch (error) {
        if (broken !== "leave out" || !isImageSetError(error)) {
          failed = true;
          throw error;
        }
        faults.set(i, { path: files[i]!.path, reason: error.message.slice(path.length + 2) });
      }
      onProgress?.({ done: ++done, total: files.length });
    }
  };
  // All have to stop before the first fault is handed on, so that nothing is read after the promise is settled.
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const fault = ends.find((end) => end.status === "rejected");
  if (fault) throw fault.reason;
  return new Map([...faults].sort(([a], [b]) => a - b));
}
