import type { ImageSource } from "@gleaner/images";
import { readImageSet } from "@gleaner/images/node";
import { inputError } from "../errors.js";
import type { ClassificationConfig } from "./schema.js";

/** Opens a part of the set of a configuration; without a name the one that is learned from. */
export async function openImagePart(
  { path, format, size, channels, classNames }: ClassificationConfig["data"],
  part?: string,
): Promise<ImageSource> {
  try {
    const { source } = await readImageSet(path, {
      ...(part !== undefined && { split: part }),
      ...(format && { format }),
      ...(size !== undefined && { size }),
      ...(channels !== undefined && { channels: channels as 1 | 3 }),
      ...(classNames && { classNames }),
    });
    return source;
  } catch (error) {
    // A folder of pictures without a size.
    if (error instanceof RangeError) throw inputError(`${path}: data.${error.message}`, error);
    throw error;
  }
}
