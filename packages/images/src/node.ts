/**
 * Image sets from files and folders.
 *
 * @module
 */
export type { ReadOptions } from "./files.js";
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
