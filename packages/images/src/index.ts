/**
 * Labeled image sets: the formats of MNIST, CIFAR, SVHN, STL-10 and MedMNIST, UCI's digits, and splits that keep few labels. Bytes in, plain
 * arrays out; no engine. `@gleaner/images/node` reads files and folders, also folders of PNG and JPEG files.
 *
 * @module
 */
export { type Cifar100Options, cifar10ClassNames, parseCifar10, parseCifar100 } from "./cifar.js";
export { describeImages, describeSource, type ImageSetDescription } from "./describe-images.js";
export { parseDigits } from "./digits.js";
export { formatIdx, type IdxArray, type IdxData, type IdxImagesOptions, imagesOfIdx, parseIdx } from "./idx.js";
export { type ImageSetError, type ImageSetErrorTag, isImageSetError, type ParseOptions } from "./image-set-error.js";
export { collectImages, concatSources, type ImageSource, imageSource } from "./image-source.js";
export { formatLabelSplit, parseLabelSplit, type SavedSplitOptions } from "./label-split-json.js";
export { concatImages, type LabeledImages, selectImages } from "./labeled-images.js";
export { type MedMnistOptions, parseMedMnist } from "./medmnist.js";
export { type LabelSplit, type LabelSplitOptions, splitLabels } from "./split-labels.js";
export { parseStl10, type Stl10Options, stl10ClassNames } from "./stl10.js";
export { parseSvhn } from "./svhn.js";
