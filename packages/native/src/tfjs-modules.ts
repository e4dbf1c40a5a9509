import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as util from "node:util";
import { compileFunction } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";

/** The backend object of tfjs-node, as far as it is used here. */
export interface NodeBackend {
  binding: Binding;
  isUsingGpuDevice: boolean;
  disposeData(dataId: object): boolean;
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.TensorInfo;
  executeMultipleOutputs(op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[], outputs: number): tf.TensorInfo[];
}

/** An attribute of a TensorFlow operator; `type` is one of the binding's TF_ATTR constants. */
export interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
}

/** The compiled add-on, as far as it is used here. */
export interface Binding {
  TF_Version: string;
  TF_FLOAT: number;
  TF_INT32: number;
  TF_BOOL: number;
  TF_ATTR_STRING: number;
  TF_ATTR_INT: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_TYPE: number;
  isUsingGpuDevice(): boolean;
}

interface CommonModule {
  exports: Record<string, unknown>;
}

/**
 * Runs tfjs-node's own JavaScript out of the cache, with three of its requires answered here:
 * `@tensorflow/tfjs` by the application's tfjs-core, so that there is one instance whatever is installed;
 * `util` with the two functions that Node 23 took away; and the TensorBoard messages by nothing, because they need google-protobuf.
 * Neither node_modules nor the global `util` is touched.
 */
export function createTfjsRequire(folder: string): (specifier: string) => Record<string, unknown> {
  const nodeRequire = createRequire(join(folder, "package.json"));
  const loaded = new Map<string, CommonModule>();
  const core = tf as unknown as Record<string, unknown>;
  const answers: Record<string, Record<string, unknown>> = {
    "@tensorflow/tfjs": core,
    "@tensorflow/tfjs-core": core,
    util: { ...util, isNullOrUndefined: (x: unknown) => x === null || x === undefined, isArray: Array.isArray },
    "./proto/api_pb": {},
  };
  const load = (path: string): Record<string, unknown> => {
    const known = loaded.get(path);
    if (known) return known.exports;
    const module: CommonModule = { exports: {} };
    loaded.set(path, module);
    const require = (specifier: string): unknown => {
      const answer = answers[specifier];
      if (answer) return answer;
      return specifier.startsWith(".") ? load(nodeRequire.resolve(join(dirname(path), specifier))) : nodeRequire(specifier);
    };
    const run = compileFunction(readFileSync(path, "utf8"), ["exports", "require", "module", "__filename", "__dirname"], {
      filename: path,
    });
    run(module.exports, require, module, path, dirname(path));
    return module.exports;
  };
  return (specifier) => load(nodeRequire.resolve(join(folder, specifier)));
}
