/**
 * Image sets from files and folders.
 *
 * @module
 */

export type { ReadImageFolderOptions } from "./decode-folder.js";
export { type FetchDigitsOptions, fetchDigits } from "./fetch-digits.js";
export type { ReadOptions } from "./files.js";
export type { FormatOptions, ImageSetFormat } from "./image-set-formats.js";
export type { LeftOutFile } from "./list-image-folder.js";
export { type OpenCifar100Options, type OpenCifarOptions, openCifar10, openCifar100 } from "./open-cifar.js";
export { type ImageFolderSource, type OpenImageFolderOptions, openImageFolder } from "./open-image-folder.js";
export { type OpenStl10Options, openStl10, readStl10Folds } from "./open-stl10.js";
export { type DecodedImage, type ReadImageFileOptions, readImageFile } from "./read-image-file.js";
export { type ImageFolder, readImageFolder } from "./read-image-folder.js";
export {
  describeImageSet,
  type ReadImageSetOptions,
  type RecognizedDescription,
  type RecognizedImageSet,
  readImageSet,
} from "./read-image-set.js";
export { type ReadMedMnistOptions, readMedMnist } from "./read-medmnist.js";
export { type ReadSvhnOptions, readSvhn } from "./read-svhn.js";
export {
  type ReadCifar100Options,
  readCifar10,
  readCifar100,
  readDigits,
  readIdx,
  readMnist,
  type SplitOptions,
  writeIdx,
} from "./readers.js";
