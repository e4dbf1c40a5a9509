import type { ImageSource } from "@gleaner/images";
import { readImageSet } from "@gleaner/images/node";
import { inputError } from "../errors.js";
import type { ClassificationConfig } from "./schema.js";

/** Opens a part of the set of a configuration, without a name the one that is learned from; `source` is what error sentences call the configuration. */
export async function openImagePart(
  { path, format, size, channels, classNames }: ClassificationConfig["data"],
  part: string | undefined,
  source: string,
): Promise<ImageSource> {
  try {
    const opened = await readImageSet(path, {
      ...(part !== undefined && { split: part }),
      ...(format && { format }),
      ...(size !== undefined && { size }),
      ...(channels !== undefined && { channels: channels as 1 | 3 }),
      ...(classNames && { classNames }),
    });
    return opened.source;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw inputError(
      size === undefined && error.message.startsWith("size ")
        ? `${source}: data.size is missing; expected the pixels a side that the pictures of ${path} are brought to`
        : `${source}: data: ${error.message}`,
      error,
    );
  }
}
