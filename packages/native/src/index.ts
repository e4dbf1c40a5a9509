/**
 * TensorFlow.js in Node at the speed of a current TensorFlow: pairs the binding of `@tensorflow/tfjs-node-gpu` with the TensorFlow that PyPI has.
 *
 * @module
 */
export { defaultCacheFolder } from "./cache-folder.js";
export { isNativeError, NativeError, type NativeErrorCode } from "./errors.js";
export { type InstallNativeOptions, type InstallProgress, installNative } from "./install.js";
export { type LoadOptions, loadNative, type NativeEngine } from "./load.js";
export { type FindOptions, findNative, listPairings, type Pairing } from "./pairings.js";
export { type Download, type InstallOptions, type InstallPlan, planInstall } from "./plan.js";
export type { Host, Platform } from "./platform.js";
export type { Tool } from "./tools.js";
export { useNativeKernels } from "./use-native-kernels.js";
