import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { findNative, loadNative, useNativeKernels } from "@gleaner/native";
import { registerWasm3d } from "@gleaner/wasm3d";

const isPaired = findNative() !== undefined;

const native: [string, () => Promise<unknown>] = [
  "the native engine",
  async () => {
    await loadNative({ threads: 2 });
    useNativeKernels();
  },
];

/** The engines that a network trains on, each with what starts it; the native one only where it is installed. */
export const backends: readonly [name: string, start: () => Promise<unknown>][] = [
  ["cpu", () => tf.setBackend("cpu")],
  [
    "wasm with our kernels",
    () => {
      registerWasm3d();
      return tf.setBackend("wasm");
    },
  ],
  ...(isPaired ? [native] : []),
];

/** Part of a suite's name. */
export const leftOut: string = isPaired ? "" : " (native left out, because it is not installed: gleaner backend install)";
