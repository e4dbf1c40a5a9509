import * as tf from "@tensorflow/tfjs-core";
import type { Binding, NodeBackend, OpAttribute } from "../tfjs-modules.js";

export const backendName = "tensorflow";

/** What a kernel gets to work with: its inputs and attributes by name, and TensorFlow's operators. */
export interface KernelCall {
  inputs: Record<string, tf.TensorInfo>;
  attrs: Record<string, unknown>;
  run: (op: string, inputs: tf.TensorInfo[], outputs: number, attributes: OpAttribute[]) => tf.TensorInfo[];
  runOne: (op: string, inputs: tf.TensorInfo[], attributes: OpAttribute[]) => tf.TensorInfo;
  /** The same numbers as one more tensor, without an operator. */
  share: (x: tf.TensorInfo) => tf.TensorInfo;
  attribute: Attributes;
}

type Outputs = tf.TensorInfo | tf.TensorInfo[];

/** Makers of operator attributes. */
interface Attributes {
  float32: (name: string) => OpAttribute;
  type: (name: string, dtype: tf.DataType) => OpAttribute;
  text: (name: string, value: string) => OpAttribute;
  int: (name: string, value: number) => OpAttribute;
  ints: (name: string, value: number[]) => OpAttribute;
  float: (name: string, value: number) => OpAttribute;
  bool: (name: string, value: boolean) => OpAttribute;
}

export const attributesOf = (b: Binding): Attributes => ({
  float32: (name) => ({ name, type: b.TF_ATTR_TYPE, value: b.TF_FLOAT }),
  type: (name, dtype) => ({
    name,
    type: b.TF_ATTR_TYPE,
    value: dtype === "int32" ? b.TF_INT32 : dtype === "bool" ? b.TF_BOOL : b.TF_FLOAT,
  }),
  text: (name, value) => ({ name, type: b.TF_ATTR_STRING, value }),
  int: (name, value) => ({ name, type: b.TF_ATTR_INT, value }),
  ints: (name, value) => ({ name, type: b.TF_ATTR_INT, value }),
  float: (name, value) => ({ name, type: b.TF_ATTR_FLOAT, value }),
  bool: (name, value) => ({ name, type: b.TF_ATTR_BOOL, value }),
});

/** A kernel of tfjs made of operators of TensorFlow; existing ones of that name are kept. */
export function registerOperator(kernelName: string, kernel: (call: KernelCall) => Outputs): void {
  if (tf.getKernel(kernelName, backendName)) return;
  tf.registerKernel({ kernelName, backendName, kernelFunc: asKernelFunction(kernel) });
}

/** Puts a kernel in front of a stock one: it answers where it can, and hands the rest on by returning undefined. */
export function wrapKernel(kernelName: string, kernel: (call: KernelCall) => Outputs | undefined): void {
  const stock = tf.getKernel(kernelName, backendName);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...stock,
    kernelFunc: (args) => asKernelFunction(kernel)(args) ?? stock.kernelFunc(args),
  });
}

function asKernelFunction<R extends Outputs | undefined>(kernel: (call: KernelCall) => R) {
  return ({ inputs, attrs, backend }: Parameters<tf.KernelFunc>[0]): R => {
    const node = backend as NodeBackend;
    return kernel({
      inputs: inputs as Record<string, tf.TensorInfo>,
      attrs: (attrs ?? {}) as Record<string, unknown>,
      run: (op, tensors, outputs, attributes) => node.executeMultipleOutputs(op, attributes, tensors, outputs),
      runOne: (op, tensors, attributes) => node.executeSingleOutput(op, attributes, tensors),
      share: (x) => {
        (backend as tf.KernelBackend).incRef(x.dataId);
        return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
      },
      attribute: attributesOf(node.binding),
    });
  };
}

/** Runs a kernel by name on the current backend. */
export const runKernel = (name: string, inputs: Record<string, tf.Tensor>, attrs: Record<string, unknown> = {}): tf.Tensor[] => {
  const result = tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  return Array.isArray(result) ? result : [result];
};

/** Whether the backend in use has a kernel: gradients are registered for all backends at once, kernels for each. */
export const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) != null;
