import { readFileSync } from "node:fs";
import { tf } from "./modules.mjs";

/** The numbers of a file of a plan: a copy, since the bytes of a small file lie somewhere in a buffer that Node shares. */
export const readNumbers = (folder, name) => new Float32Array(Uint8Array.from(readFileSync(`${folder}/${name}.f32`)).buffer);

export const readTensor = (folder, name, shape) => tf.tensor(readNumbers(folder, name), shape);

/** The labeled patches of a plan and what their anchors are to learn, as it is stored. */
export function readKnown(folder, { size, labeled }, anchors) {
  const targets = readTensor(folder, "targets", [labeled, anchors]);
  return {
    patches: readTensor(folder, "patches", [labeled, size, size, size, 1]),
    targets,
    weights: tf.ones([labeled, anchors]),
    positives: targets,
    deltas: readTensor(folder, "deltas", [labeled, anchors, 6]),
  };
}
