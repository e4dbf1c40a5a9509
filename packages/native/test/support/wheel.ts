import { createHash } from "node:crypto";
import { strToU8, type Zippable, zipSync } from "fflate";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64url");

/** A wheel with a RECORD (PEP 376) that is right unless `record` changes a line. */
export function makeWheel(
  files: Record<string, string>,
  record: (path: string, line: string) => string | undefined = (_, line) => line,
): Uint8Array {
  const home = "tensorflow_cpu-2.21.0.dist-info";
  const all: Record<string, string> = { ...files, [`${home}/METADATA`]: "Name: tensorflow_cpu\nVersion: 2.21.0\n" };
  const lines = Object.entries(all).map(([path, text]) => record(path, `${path},sha256=${sha256(strToU8(text))},${strToU8(text).length}`));
  const zip: Zippable = Object.fromEntries(Object.entries(all).map(([path, text]) => [path, strToU8(text)]));
  zip[`${home}/RECORD`] = strToU8([...lines.filter((line) => line !== undefined), `${home}/RECORD,,`, ""].join("\n"));
  return zipSync(zip);
}

/** The smallest wheel that has what an installation takes from TensorFlow's. */
export const tensorflowWheel = (): Uint8Array =>
  makeWheel({
    "tensorflow/libtensorflow_cc.so.2": "main library",
    "tensorflow/libtensorflow_framework.so.2": "framework",
    "tensorflow/include/tensorflow/c/c_api.h": "// header",
    "tensorflow/include/LICENSE": "Apache-2.0",
    "tensorflow/python/anything.py": "pass",
  });
