import type { TensorInfo } from "@tensorflow/tfjs-core";

export type Inputs = Record<string, TensorInfo>;

/** What is used of the backend of @tensorflow/tfjs-backend-webgpu by its kernels. */
export interface KernelBackend {
  disposeData(dataId: object): void;
}

/** The kernel that @tensorflow/tfjs-backend-webgpu has. */
type Stock = (inputs: Inputs, attributes: object) => TensorInfo;

/** A kernel made of the stock one, which stays for what it does right. */
export type Repair = (stock: Stock, inputs: Inputs, attributes: object, backend: KernelBackend) => TensorInfo;

/** The largest rank whose coordinates WGSL can index; larger ones are structures there. */
export const largestVector = 4;

/** The same numbers in another shape: kernels read shapes from here and numbers from the buffer. */
export const view = (tensor: TensorInfo, shape: number[]): TensorInfo => ({ dataId: tensor.dataId, dtype: tensor.dtype, shape });

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
