import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseCifar10, parseCifar100 } from "./cifar.js";
import type { ReadImageFolderOptions } from "./decode-folder.js";
import { readBytes } from "./files.js";
import { type ImageSource, imageSource } from "./image-source.js";
import { openCifar10, openCifar100 } from "./open-cifar.js";
import { openImageFolder } from "./open-image-folder.js";
import { openStl10 } from "./open-stl10.js";
import { readImageFolder } from "./read-image-folder.js";
import { readMedMnist } from "./read-medmnist.js";
import { readSvhn, readSvhnFile } from "./read-svhn.js";
import { readCifar10, readCifar100, readDigits, readMnist } from "./readers.js";

/** The kinds of sets that are told apart. */
export type ImageSetFormat = "mnist" | "cifar-10" | "cifar-100" | "svhn" | "stl-10" | "medmnist" | "digits" | "image-folder";

/** What a format may be told; each takes what it knows. */
export interface FormatOptions extends Partial<Omit<ReadImageFolderOptions, "split">> {
  /** CIFAR-100: its 100 classes (default) or the 20 groups that they are in. */
  labels?: "fine" | "coarse";
  /** Folders of pictures: the file that keeps the decoded pixels (`openImageFolder`); without it they are in memory. */
  cache?: string;
}

/** A format: how it is known, which parts it has, and how a part is opened. */
export interface KnownFormat {
  readonly name: ImageSetFormat;
  /** What is looked for, for the sentence that says that nothing was found. */
  readonly looks: string;
  /** The parts that are at the path, undefined where it is no such set, none where a set has no parts. */
  splits(path: string): readonly string[] | undefined;
  open(path: string, split: string | undefined, options: FormatOptions): ImageSource | Promise<ImageSource>;
}

const isFolder = (path: string): boolean => statSync(path).isDirectory();
const holds = (folder: string, names: readonly string[]): boolean =>
  names.some((name) => existsSync(join(folder, name)) || existsSync(join(folder, `${name}.gz`)));
/** The parts of which the folder has one of the files. */
const partsIn = (folder: string, files: Record<string, readonly string[]>): string[] | undefined => {
  if (!isFolder(folder)) return undefined;
  const parts = Object.keys(files).filter((part) => holds(folder, files[part]!));
  return parts.length > 0 ? parts : undefined;
};
/** The first bytes of a file as text. */
const startOf = (path: string): string => {
  const bytes = new Uint8Array(8);
  const file = openSync(path, "r");
  try {
    return String.fromCharCode(...bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)));
  } finally {
    closeSync(file);
  }
};
/** The only file of a folder with that ending, or the path itself where it is a file. */
const onlyFile = (path: string, ending: RegExp): string | undefined => {
  if (!isFolder(path)) return ending.test(path) ? path : undefined;
  const names = readdirSync(path).filter((name) => ending.test(name));
  return names.length === 1 ? join(path, names[0]!) : undefined;
};
const isCompressed = (folder: string, name: string): boolean => !existsSync(join(folder, name));
const limit = (options: FormatOptions): { maxBytes?: number } => (options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes });

const digitsFile = /\.(csv|tra|tes)(\.gz)?$/i;

/** All formats; where folders of one may look like those of another, the option `format` decides. */
export const knownFormats: readonly KnownFormat[] = [
  {
    name: "mnist",
    looks: "train-images-idx3-ubyte (MNIST)",
    splits: (path) =>
      partsIn(path, {
        train: ["train-images-idx3-ubyte", "train-images.idx3-ubyte"],
        test: ["t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"],
      }),
    open: (path, split, options) => imageSource(readMnist(path, { split: split as "train", ...limit(options) })),
  },
  {
    name: "cifar-10",
    looks: "data_batch_1.bin (CIFAR-10)",
    splits: (path) =>
      isFolder(path)
        ? partsIn(path, { train: ["data_batch_1.bin"], test: ["test_batch.bin"] })
        : /^(data_batch_\d|test_batch)\.bin(\.gz)?$/.test(basename(path))
          ? []
          : undefined,
    open(path, split, options) {
      if (split === undefined) return imageSource(parseCifar10(readBytes(path, limit(options)), { path }));
      const part = { split: split as "train" };
      return isCompressed(path, split === "train" ? "data_batch_1.bin" : "test_batch.bin")
        ? imageSource(readCifar10(path, { ...part, ...limit(options) }))
        : openCifar10(path, part);
    },
  },
  {
    name: "cifar-100",
    looks: "train.bin (CIFAR-100)",
    splits: (path) =>
      isFolder(path)
        ? partsIn(path, { train: ["train.bin"], test: ["test.bin"] })
        : /^(train|test)\.bin(\.gz)?$/.test(basename(path))
          ? []
          : undefined,
    open(path, split, options) {
      const { labels = "fine" } = options;
      if (split === undefined) return imageSource(parseCifar100(readBytes(path, limit(options)), { path, labels }));
      const part = { split: split as "train", labels };
      return isCompressed(path, `${split}.bin`)
        ? imageSource(readCifar100(path, { ...part, ...limit(options) }))
        : openCifar100(path, part);
    },
  },
  {
    name: "svhn",
    looks: "train_32x32.mat (SVHN)",
    splits: (path) =>
      isFolder(path)
        ? // The full numbers are told from the cropped digits by their reader.
          (partsIn(path, { train: ["train_32x32.mat"], extra: ["extra_32x32.mat"], test: ["test_32x32.mat"] }) ??
          partsIn(path, { train: ["digitStruct.mat"] }))
        : /\.mat$/i.test(path) || startOf(path).startsWith("MATLAB")
          ? []
          : undefined,
    open: (path, split, options) => {
      const { maxBytes = 2 ** 31 - 1 } = options;
      return imageSource(split === undefined ? readSvhnFile(path, maxBytes) : readSvhn(path, { split: split as "train", maxBytes }));
    },
  },
  {
    name: "stl-10",
    looks: "train_X.bin (STL-10)",
    splits: (path) => partsIn(path, { train: ["train_X.bin"], test: ["test_X.bin"], unlabeled: ["unlabeled_X.bin"] }),
    open: (path, split) => openStl10(path, { split: split as "train" }),
  },
  {
    name: "medmnist",
    looks: "one .npz file (MedMNIST)",
    splits(path) {
      const file = onlyFile(path, /\.npz$/i);
      return file || (!isFolder(path) && startOf(path).startsWith("PK")) ? ["train", "val", "test"] : undefined;
    },
    open: (path, split, options) =>
      imageSource(
        readMedMnist(onlyFile(path, /\.npz$/i) ?? path, {
          split: split as "train",
          ...limit(options),
          ...(options.classNames ? { classNames: options.classNames } : {}),
        }),
      ),
  },
  {
    name: "digits",
    looks: "one digits.csv.gz, optdigits.tra or optdigits.tes (UCI's digits)",
    splits: (path) => (onlyFile(path, digitsFile) ? [] : undefined),
    open: (path, _, options) => imageSource(readDigits(onlyFile(path, digitsFile)!, limit(options))),
  },
  {
    name: "image-folder",
    looks: "a folder of PNG or JPEG files for each class",
    splits(path) {
      if (!isFolder(path)) return undefined;
      const folders = readdirSync(path, { withFileTypes: true }).filter(
        (entry) => !entry.isFile() && !entry.name.startsWith(".") && entry.name !== "__MACOSX",
      );
      if (folders.length === 0) return undefined;
      const parts = folders.map(({ name }) => name).filter((name) => /^(train|training|val|valid|validation|test|testing)$/.test(name));
      return parts.includes("train") ? ["train", ...parts.filter((name) => name !== "train").sort()] : [];
    },
    async open(path, split, options) {
      const { size, labels: _, ...rest } = options;
      if (size === undefined) throw new RangeError(`size must be given to read the folder of PNG and JPEG files ${path}, got undefined`);
      const { cache, ...folderOptions } = { ...rest, size, ...(split === undefined ? {} : { split }) };
      return cache === undefined
        ? imageSource(await readImageFolder(path, folderOptions))
        : openImageFolder(path, { ...folderOptions, cache });
    },
  },
];
