import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ImageSource, imageSource } from "@gleaner/images";
import { readCifar10, readDigits, readMnist } from "@gleaner/images/node";

/** Opens a part of a set by its name. */
export async function openImagePart(path: string, part: string): Promise<ImageSource> {
  if (existsSync(path) && statSync(path).isDirectory()) {
    if (existsSync(join(path, "t10k-images-idx3-ubyte.gz"))) return imageSource(readMnist(path, { split: part as "test" }));
    return imageSource(readCifar10(path, { split: part as "train" }));
  }
  return imageSource(readDigits(path));
}
