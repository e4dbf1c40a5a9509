/**
 * Labeled image sets: the binary formats of MNIST and CIFAR, UCI's digits, and splits that keep few labels. Bytes in, plain arrays out; no
 * engine. `@gleaner/images/node` reads files and folders.
 *
 * @module
 */
export { type Cifar100Options, cifar10ClassNames, parseCifar10, parseCifar100 } from "./cifar.js";
export { describeImages, type ImageSetDescription } from "./describe-images.js";
export { parseDigits } from "./digits.js";
export { formatIdx, type IdxArray, type IdxData, type IdxImagesOptions, imagesOfIdx, parseIdx } from "./idx.js";
export { type ImageSetError, type ImageSetErrorTag, isImageSetError, type ParseOptions } from "./image-set-error.js";
export { concatImages, type LabeledImages, selectImages } from "./labeled-images.js";
export { type LabelSplit, type LabelSplitOptions, splitLabels } from "./split-labels.js";
